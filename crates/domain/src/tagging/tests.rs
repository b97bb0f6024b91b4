//! What requests ask for, and what they are refused for.

use super::*;

fn refusal(request: GetResources) -> String {
    request.check(&Scope::for_tests()).expect_err("a request that breaks a rule").to_string()
}

fn of_arn(arn: &str) -> GetResources {
    GetResources { arns: Some(vec![arn.to_owned()]), ..Default::default() }
}

fn of_types(types: &[&str]) -> GetResources {
    let types = types.iter().map(|kind| (*kind).to_owned()).collect();
    GetResources { types: Some(types), ..Default::default() }
}

const CLUSTER: &str = "arn:aws:elasticache:us-east-1:000000000000:cluster:c";

#[test]
fn arns_exclude_everything_else() {
    let beside = |change: fn(&mut GetResources)| {
        let mut request = of_arn(CLUSTER);
        change(&mut request);
        refusal(request)
    };
    let said = |name: &str| format!("{name} cannot be specified together with ResourceARNList");
    assert_eq!(beside(|r| r.types = Some(vec!["ec2".to_owned()])), said("ResourceTypeFilters"));
    assert_eq!(beside(|r| r.tag_filters = Some(vec![RequestedFilter::default()])), said("TagFilters"));
    assert_eq!(beside(|r| r.resources_per_page = Some(1)), said("ResourcesPerPage"));
    assert_eq!(beside(|r| r.tags_per_page = Some(100)), said("TagsPerPage"));
    assert_eq!(beside(|r| r.token = Some("YQ==".to_owned())), said("PaginationToken"));
    let empty = GetResources {
        types: Some(Vec::new()),
        tag_filters: Some(Vec::new()),
        token: Some(String::new()),
        ..of_arn(CLUSTER)
    };
    assert!(matches!(empty.check(&Scope::for_tests()), Ok(Asked::Arns(arns)) if arns.len() == 1));
}

#[test]
fn an_arn_is_one_of_the_callers_region() {
    for text in [
        "c",
        "arn:aws:elasticache",
        "arn:aws:elasticache:us-east-1:000000000000:",
        "arn:aws:ec2:us-east-1:1:i-1",
    ] {
        assert_eq!(refusal(of_arn(text)), format!("{text} not a valid AmazonResourceName (ARN)"));
    }
    let (west, china) = (CLUSTER.replace("east", "west"), CLUSTER.replace("arn:aws", "arn:aws-cn"));
    assert_eq!(
        refusal(of_arn(&west)),
        format!(
            "Region in the ARN {west} does not match with the region in which GetResources API is invoked"
        )
    );
    assert_eq!(
        refusal(of_arn(&china)),
        format!(
            "Partition in the ARN {china} does not match with the partition in which GetResources API is invoked"
        )
    );
    let twice = GetResources { arns: Some(vec![CLUSTER.to_owned(); 2]), ..Default::default() };
    let Ok(Asked::Arns(arns)) = twice.check(&Scope::for_tests()) else { panic!("ARNs were asked for") };
    let seen: Vec<_> = arns.iter().map(|arn| (arn.service(), arn.resource())).collect();
    assert_eq!(seen, [("elasticache", "cluster:c")]);
    let global = "arn:aws:elasticache::000000000000:globalreplicationgroup:ldgnf-g";
    assert!(of_arn(global).check(&Scope::for_tests()).is_ok());
}

#[test]
fn types_are_what_arns_begin_with() {
    let prefixes = |types: &[&str]| match of_types(types).check(&Scope::for_tests()) {
        Ok(Asked::Matching(matching, _)) => matching.prefixes.unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        prefixes(&["elasticache:cluster", "ec2", "ec2:vpc"]),
        [
            "arn:aws:ec2::000000000000:",
            "arn:aws:ec2:us-east-1:000000000000:",
            "arn:aws:elasticache::000000000000:cluster/",
            "arn:aws:elasticache::000000000000:cluster:",
            "arn:aws:elasticache:us-east-1:000000000000:cluster/",
            "arn:aws:elasticache:us-east-1:000000000000:cluster:",
        ]
    );
    for text in ["", ":", "ec2:", "ec2:vpc:x", "a b"] {
        let said =
            format!("'{text}' is not a valid resource type: it must have the form service[:resourceType]");
        assert_eq!(refusal(of_types(&[text])), said);
    }
    assert_eq!(refusal(of_types(&["ec2"; 101])), "ResourceTypeFilters must not have more than 100 items");
}

#[test]
fn numbers_filters_and_tokens_are_checked() {
    let page = |resources, tags, token: Option<&str>| GetResources {
        resources_per_page: resources,
        tags_per_page: tags,
        token: token.map(str::to_owned),
        ..Default::default()
    };
    for number in [-1, 0, 101] {
        assert_eq!(refusal(page(Some(number), None, None)), "ResourcesPerPage must be between 1 and 100");
    }
    for number in [99, 501] {
        assert_eq!(refusal(page(None, Some(number), None)), "TagsPerPage must be between 100 and 500");
    }
    let bad = "The PaginationToken is not valid: use one that an answer to the same request gave out";
    assert_eq!(refusal(page(None, None, Some("%"))), bad);
    assert_eq!(TextsAfter::parse(Some("/w==")).unwrap_err().to_string(), bad);
    let unnamed = GetResources { tag_filters: Some(vec![RequestedFilter::default()]), ..Default::default() };
    assert_eq!(refusal(unnamed), "Each TagFilter must contain a Key");
    let excluding = GetResources { exclude_compliant: true, ..Default::default() };
    assert_eq!(
        refusal(excluding),
        "ExcludeCompliantResources can be true only if IncludeComplianceDetails is true, too"
    );
}

#[test]
fn a_page_ends_before_the_resource_whose_tags_are_too_many() {
    let arns: Vec<String> = (10..32).map(|n| format!("arn:{n}")).collect();
    let page = |resources, tags, token: Option<&str>| {
        let limits = PageLimits::of(resources, tags, token).unwrap();
        let rest =
            arns.iter().map(String::as_str).filter(|arn| limits.after().is_none_or(|after| *arn > after));
        let page = limits.page(rest.map(|arn| (arn, 10)), |count| *count);
        (page.items.len(), page.token)
    };
    let (first, token) = page(None, Some(100), None);
    let (second, token) = page(None, Some(100), token.as_deref());
    assert_eq!((first, second), (10, 10), "the API reference's example: 22 resources with 10 tags each");
    assert_eq!(page(None, Some(100), token.as_deref()), (2, None));
    assert_eq!(page(Some(22), None, None), (22, None));
    assert_eq!(page(Some(7), Some(100), None).0, 7);
    let limits = PageLimits::of(None, Some(100), None).unwrap();
    let untagged: Vec<String> = (100..300).map(|n| format!("arn:{n}")).collect();
    let page = limits.page(untagged.iter().map(|arn| (arn.as_str(), 0)), |count| *count);
    assert_eq!(page.items.len(), 100, "one without tags counts as one");
}

#[test]
fn a_filter_is_passed_by_any_of_its_values() {
    let tags: BTreeMap<String, String> = [("a".to_owned(), "1".to_owned())].into();
    let passes = |key: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        TagFilter { key: key.to_owned(), values }.passes(&tags)
    };
    assert!(passes("a", &[]) && passes("a", &["0", "1"]));
    assert!(!passes("a", &["0"]) && !passes("b", &[]) && !passes("A", &[]));
}
