//! The index against a look at everything.

use domain::arn::Arn;
use proptest::prelude::*;

use super::*;

fn scope() -> Scope {
    let account: domain::ids::AccountId = "000000000000".parse().unwrap();
    Scope { account, region: "us-east-1".parse().unwrap() }
}

/// Few of each, so that they meet.
fn tags() -> impl Strategy<Value = TagMap> {
    proptest::collection::btree_map("[ab]", "[xy]", 0..3)
}

fn filters() -> impl Strategy<Value = Vec<TagFilter>> {
    let filter = ("[abc]", proptest::collection::vec("[xyz]", 0..3));
    proptest::collection::vec(filter.prop_map(|(key, values)| TagFilter { key, values }), 0..3)
}

fn arn(kind: bool, number: u8) -> String {
    let kind = if kind { ResourceType::User } else { ResourceType::Cluster };
    Arn::new(&scope(), kind, &format!("r{number}")).to_string()
}

proptest! {
    #[test]
    fn a_page_is_what_a_look_at_everything_finds(
        puts in proptest::collection::vec((any::<bool>(), 0_u8..12, proptest::option::of(tags())), 0..40),
        filters in filters(),
        prefixes in proptest::option::of(proptest::sample::subsequence(vec!["cluster:", "user:"], 0..=2)),
        after in proptest::option::of((any::<bool>(), 0_u8..12)),
    ) {
        let (mut world, mut all) = (World::default(), BTreeMap::new());
        let tagged = &mut world.uses.entry(scope()).or_default().tagged;
        for (kind, number, tags) in puts {
            let arn = arn(kind, number);
            tagged.remove(&arn);
            all.remove(&arn);
            if let Some(tags) = tags {
                tagged.put(arn.clone(), tags.clone());
                all.insert(arn, tags);
            }
        }
        let mut anew = Tagged::default();
        all.iter().for_each(|(arn, tags)| anew.put(arn.clone(), tags.clone()));
        prop_assert_eq!(&*tagged, &anew, "nothing is left of what is gone");

        let prefix = |kind: &&str| format!("arn:aws:elasticache:us-east-1:000000000000:{kind}");
        let prefixes: Option<Vec<String>> = prefixes.map(|kinds| kinds.iter().map(prefix).collect());
        let after = after.map(|(kind, number)| arn(kind, number));
        let is_asked = |arn: &String, tags: &TagMap| {
            prefixes.as_ref().is_none_or(|prefixes| prefixes.iter().any(|prefix| arn.starts_with(prefix)))
                && after.as_ref().is_none_or(|after| arn > after)
                && filters.iter().all(|filter| filter.passes(tags))
        };
        let expected: Vec<&str> =
            all.iter().filter(|(arn, tags)| is_asked(arn, tags)).map(|(arn, _)| arn.as_str()).collect();
        let matching = Matching { filters: filters.clone(), prefixes: prefixes.clone() };
        let found: Vec<&str> =
            world.tagged_matching(&scope(), &matching, after.as_deref()).map(|(arn, _)| arn).collect();
        prop_assert_eq!(found, expected);
        let keys: BTreeSet<&str> = all.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
        prop_assert_eq!(world.tag_keys(&scope(), None).collect::<BTreeSet<_>>(), keys);
        let values: BTreeSet<&str> = all.values().filter_map(|tags| tags.get("a")).map(String::as_str).collect();
        prop_assert_eq!(world.tag_values(&scope(), "a", None).collect::<BTreeSet<_>>(), values);
    }
}
