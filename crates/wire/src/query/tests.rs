//! Forms as clients send them, forms as they should not, and every tree there and back.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::query::{Form, MAX_PARAMETERS};
use crate::shape::{Decode, list, map, optional};
use crate::{DecodeError, Node, codes};

fn parse(form: &str) -> Form {
    Form::parse(form.as_bytes()).unwrap()
}

/// Reads the member `name` of the form as `T`.
fn member<T: Decode>(form: &str, name: &str) -> Result<Option<T>, DecodeError> {
    optional(&parse(form).root(), name)
}

/// Reads `Items` as a list whose elements are called `Item`.
fn items(form: &str) -> Result<Option<Vec<String>>, String> {
    list(&parse(form).root(), "Items", "Item").map_err(|error| error.reason)
}

fn texts(texts: &[&str]) -> Result<Option<Vec<String>>, String> {
    Ok(Some(texts.iter().map(|text| (*text).to_owned()).collect()))
}

#[test]
fn escapes_are_undone() {
    let form = parse("Action=Describe+Caches&Name=caf%C3%A9%2F%26%3d&Empty&Equals=a=b&&");
    let values = ["Action", "Name", "Empty", "Equals", "Missing"].map(|name| form.get(name));
    assert_eq!(values, [Some("Describe Caches"), Some("café/&="), Some(""), Some("a=b"), None]);
}

#[test]
fn forms_that_cannot_be_read_are_malformed_query_strings() {
    for form in ["Name=%", "Name=%4", "Name=%zz", "N%ff=1", "Name=%C3", "=value", "Name=%+1"] {
        let fault = Form::parse(form.as_bytes()).unwrap_err();
        assert_eq!(fault.code, codes::MALFORMED_QUERY_STRING, "{form}: {}", fault.message);
    }
    assert_eq!(Form::parse(b"Name=\xff").unwrap_err().code, codes::MALFORMED_QUERY_STRING);
    let many = "a&".repeat(MAX_PARAMETERS + 1);
    assert_eq!(Form::parse(many.as_bytes()).unwrap_err().code, codes::MALFORMED_QUERY_STRING);
}

#[test]
fn a_name_comes_once() {
    let fault = Form::parse(b"Id=a&Action=b&Id=a").unwrap_err();
    assert_eq!(fault.code, codes::MALFORMED_INPUT);
    assert_eq!(fault.message, "The parameter Id must not be given more than once");
}

#[test]
fn lists_are_found_by_their_elements_name_by_the_default_name_and_without_one() {
    assert_eq!(items("Items.Item.1=a&Items.Item.2=b"), texts(&["a", "b"]));
    assert_eq!(items("Items.member.1=a"), texts(&["a"]));
    assert_eq!(items("Items.1=a&Items.2=b"), texts(&["a", "b"]));
}

#[test]
fn list_order_is_the_indexes_and_gaps_are_closed() {
    let form = "Items.Item.10=c&Items.Item.9=b&Items.Item.1=a&Items.Item.100000=d";
    assert_eq!(items(form), texts(&["a", "b", "c", "d"]));
}

#[test]
fn an_empty_list_is_not_an_absent_one() {
    assert_eq!(items("Items="), texts(&[]));
    assert_eq!(items("Items.Item="), texts(&[]));
    assert_eq!(items("Other=1"), Ok(None));
}

#[test]
fn maps_are_lists_of_entries() {
    let map = |form: &str| map::<String>(&parse(form).root(), "Tags").map_err(|error| error.reason);
    let entries = "Tags.entry.2.key=b&Tags.entry.2.value=2&Tags.entry.1.key=a&Tags.entry.1.value=";
    let read = [("a".to_owned(), String::new()), ("b".to_owned(), "2".to_owned())];
    assert_eq!(map(entries), Ok(Some(read.into())));
    assert_eq!(map("Tags="), Ok(Some(BTreeMap::new())));
    assert_eq!(map("Other=1"), Ok(None));
    assert_eq!(map("Tags.entry.1.key=a"), Err("Tags.entry.1 has no value".to_owned()));
    assert_eq!(map("Tags.entry.x.key=a"), Err("x is not a valid index".to_owned()));
}

#[test]
fn wrong_indexes_are_named() {
    for index in ["0", "-1", "x", "", "01", "+1", "1.5x", "100001", "99999999999999999999", "%D9%A1"] {
        let result = items(&format!("Items.Item.{}=a", index.replace('+', "%2B")));
        // 1.5x is the member 5x of the element 1, a structure where a string is expected.
        let wrong = result.unwrap_err();
        let expected = ["is not a valid index", "Start of structure or map found where not expected"];
        assert!(expected.iter().any(|end| wrong.ends_with(end)), "{index}: {wrong}");
    }
    assert_eq!(items("Items.Bogus.1=a"), Err("Bogus is not a valid index".to_owned()));
}

#[test]
fn a_list_has_one_shape() {
    assert_eq!(items("Items=a"), Err("Unexpected list element termination".to_owned()));
    assert_eq!(items("Items.Item=a"), Err("Unexpected list element termination".to_owned()));
    assert_eq!(
        items("Items.Item.1.Key=a"),
        Err("Start of structure or map found where not expected".to_owned())
    );
    assert_eq!(items("Items.Item.1=a&Items.member.1=b"), Err("Items has elements of two names".to_owned()));
    assert_eq!(items("Items.Item.1.1=a"), Err("Start of list found where not expected".to_owned()));
}

#[test]
fn a_structure_is_no_value_and_a_value_no_structure() {
    let form = parse("Mode.Type=iam&Name=x");
    let mode = form.root().member("Mode").unwrap().unwrap().string().map(std::borrow::Cow::into_owned);
    assert_eq!(mode.unwrap_err().reason, "Start of structure or map found where not expected");
    let root = form.root();
    let name = root.member("Name").unwrap().unwrap();
    assert_eq!(name.member("Type").err().unwrap().reason, "Unexpected complex element termination");
}

#[test]
fn members_with_a_common_beginning_are_not_confused() {
    let form = parse("Tag=1&Tag-Set.A=2&Tag.A=3&Tags.A=4&TagA=5");
    let root = form.root();
    let below = |name: &str| {
        let node = root.member(name).unwrap().unwrap();
        node.path()
    };
    assert_eq!(["Tag-Set", "Tags", "TagA"].map(below), ["Tag-Set", "Tags", "TagA"]);
    assert!(root.member("Ta").unwrap().is_none());
    assert!(root.member("Tag.A").unwrap().is_some_and(|node| node.string().is_ok_and(|value| value == "3")));
}

#[test]
fn scalars_are_read_as_their_types() {
    assert_eq!(member("N=-7", "N"), Ok(Some(-7)));
    assert_eq!(member("B=TRUE", "B"), Ok(Some(true)));
    assert_eq!(member("B=false", "B"), Ok(Some(false)));
    assert_eq!(member("D=1.5e3", "D"), Ok(Some(1500.0)));
    let expected: jiff::Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    for text in ["2026-11-22T10:00:00Z", "2026-11-22T11:00:00%2B01:00", "2026-11-22T10:00:00", "1795341600"] {
        assert_eq!(member(&format!("T={text}"), "T"), Ok(Some(expected)), "{text}");
    }
    let midnight: jiff::Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    assert_eq!(member("T=2026-11-22", "T"), Ok(Some(midnight)));
}

#[test]
fn scalars_of_another_type_are_named_by_path_and_not_repeated() {
    fn reason<T: Decode + std::fmt::Debug>(value: &str) -> String {
        member::<T>(&format!("Name={value}"), "Name").unwrap_err().reason
    }
    for value in ["one", "", "1.0", "0x10", "9223372036854775808", "1 "] {
        assert_eq!(reason::<i64>(value), "The value of Name is not an integer", "{value}");
    }
    assert_eq!(reason::<i32>("2147483648"), "The value of Name does not fit in 32 bits");
    assert_eq!(reason::<bool>("yes"), "The value of Name is not a boolean");
    for value in ["NaN", "inf", "1e999", "a"] {
        assert_eq!(reason::<f64>(value), "The value of Name is not a number", "{value}");
    }
    for value in ["", "yesterday", "2026-13-01", ".", "99999999999999999999"] {
        assert_eq!(reason::<jiff::Timestamp>(value), "The value of Name is not a timestamp", "{value}");
    }
}

/// What a request can say.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Value(String),
    List(Vec<Tree>),
    Structure(BTreeMap<String, Tree>),
}

impl Tree {
    fn write(&self, path: &str, pairs: &mut Vec<(String, String)>) {
        match self {
            Self::Value(value) => pairs.push((path.to_owned(), value.clone())),
            Self::List(items) if items.is_empty() => pairs.push((path.to_owned(), String::new())),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.write(&format!("{path}.Item.{}", index + 1), pairs);
                }
            }
            Self::Structure(members) => {
                for (name, member) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    member.write(&path, pairs);
                }
            }
        }
    }

    /// Reads what has this tree's shape.
    fn read(&self, node: &dyn Node) -> Result<Self, DecodeError> {
        Ok(match self {
            Self::Value(_) => Self::Value(node.string()?.into_owned()),
            Self::List(items) => {
                let read = node.elements("Item")?;
                assert_eq!(read.len(), items.len());
                let pairs = items.iter().zip(&read);
                Self::List(pairs.map(|(item, node)| item.read(&**node)).collect::<Result<_, _>>()?)
            }
            Self::Structure(members) => {
                let mut read = BTreeMap::new();
                for (name, member) in members {
                    if let Some(node) = node.member(name)? {
                        read.insert(name.clone(), member.read(&*node)?);
                    }
                }
                Self::Structure(read)
            }
        })
    }
}

fn structures(of: impl Strategy<Value = Tree>) -> impl Strategy<Value = Tree> {
    // Few letters, so that names often begin alike.
    proptest::collection::btree_map("[AB][ab-]{0,3}", of, 1..4).prop_map(Tree::Structure)
}

fn trees() -> impl Strategy<Value = Tree> {
    let values = any::<String>().prop_map(Tree::Value);
    let inner = values.prop_recursive(4, 60, 12, |inner| {
        prop_oneof![proptest::collection::vec(inner.clone(), 0..12).prop_map(Tree::List), structures(inner)]
    });
    structures(inner)
}

proptest! {
    #[test]
    fn every_tree_is_read_as_it_was_written(tree in trees(), seed in any::<u64>()) {
        let mut pairs = Vec::new();
        tree.write("", &mut pairs);
        // The order of parameters means nothing.
        let middle = usize::try_from(seed % 1000).unwrap() % pairs.len();
        pairs.rotate_left(middle);
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        prop_assert_eq!(tree.read(&parse(&form).root()), Ok(tree));
    }

    #[test]
    fn no_form_makes_reading_panic(form in proptest::collection::vec(any::<u8>(), 0..60), dots in "([AB1.%&=-]|Item|member){0,40}") {
        for form in [form.as_slice(), dots.as_bytes()] {
            let Ok(form) = Form::parse(form) else { continue };
            let root = form.root();
            for name in ["A", "B", "1", "", "Item"] {
                let Ok(Some(node)) = root.member(name) else { continue };
                let read = [node.string().is_ok(), node.elements("Item").is_ok(), node.member("A").is_ok()];
                prop_assert!(read.contains(&true), "a node that is nothing: {name} in {form:?}");
            }
        }
    }
}
