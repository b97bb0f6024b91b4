//! Bytes as AWS's clients send and read them, bodies as they should not be, and every tree there and back.

use std::collections::BTreeMap;

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::shape::{Decode, list, map, optional};
use crate::{Code, Encoder, Field, Timestamp};

fn parse(body: &str) -> Document {
    Document::parse(body.as_bytes()).unwrap()
}

/// Reads the member `V` of the body as `T`.
fn member<T: Decode>(body: &str) -> Result<Option<T>, String> {
    optional(&parse(body).root(), "V").map_err(|error| format!("{}: {}", error.path, error.reason))
}

/// One of everything that a shape can hold.
#[derive(Debug, Clone, Default, PartialEq)]
struct Everything {
    text: Option<String>,
    flag: Option<bool>,
    number: Option<i64>,
    double: Option<f64>,
    moment: Option<Timestamp>,
    list: Option<Vec<Everything>>,
    map: Option<BTreeMap<String, Everything>>,
}

impl Encode for Everything {
    fn encode(&self, e: &mut dyn Encoder) {
        e.structure(&[
            Field::one("Text", self.text.as_ref()),
            Field::one("Flag", self.flag.as_ref()),
            Field::one("Number", self.number.as_ref()),
            Field::one("Double", self.double.as_ref()),
            Field::one("Moment", self.moment.as_ref()),
            Field::list("List", "member", self.list.as_ref()),
            Field::map("Map", self.map.as_ref()),
        ]);
    }
}

impl Decode for Everything {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        Ok(Self {
            text: optional(n, "Text")?,
            flag: optional(n, "Flag")?,
            number: optional(n, "Number")?,
            double: optional(n, "Double")?,
            moment: optional(n, "Moment")?,
            list: list(n, "List", "member")?,
            map: map(n, "Map")?,
        })
    }
}

#[test]
fn answers_have_the_models_names_and_no_absent_members() {
    let inner = Everything { text: Some("a \"quoted\" \\ line\n\u{1}é".to_owned()), ..Default::default() };
    let whole = Everything {
        flag: Some(true),
        number: Some(-7),
        double: Some(0.5),
        moment: Some("2026-11-22T10:00:00.5Z".parse().unwrap()),
        list: Some(vec![inner.clone(), Everything::default()]),
        map: Some([("k".to_owned(), inner)].into()),
        ..Default::default()
    };
    expect![[r#"{"Flag":true,"Number":-7,"Double":0.5,"Moment":1795341600.5,"List":[{"Text":"a \"quoted\" \\ line\n\u0001é"},{}],"Map":{"k":{"Text":"a \"quoted\" \\ line\n\u0001é"}}}"#]]
        .assert_eq(&answer(&whole));
    let empty = Everything { list: Some(Vec::new()), map: Some(BTreeMap::new()), ..Default::default() };
    expect![[r#"{"List":[],"Map":{}}"#]].assert_eq(&answer(&empty));
    expect!["{}"].assert_eq(&answer(&()));
    let whole_seconds = Everything { moment: Some(Timestamp::UNIX_EPOCH), ..Default::default() };
    expect![[r#"{"Moment":0}"#]].assert_eq(&answer(&whole_seconds));
    let no_number = |double| answer(&Everything { double: Some(double), ..Default::default() });
    expect![[r#"{"Double":"NaN"} {"Double":"-Infinity"}"#]].assert_eq(&format!(
        "{} {}",
        no_number(f64::NAN),
        no_number(f64::NEG_INFINITY)
    ));
}

#[test]
fn errors_tell_type_and_message() {
    let fault = Fault::new(Code::sender("InvalidParameterException", 400), "an \"x\"");
    expect![[r#"{"__type":"InvalidParameterException","message":"an \"x\""}"#]].assert_eq(&error(&fault));
}

#[test]
fn null_is_absent_and_empty_is_not() {
    assert_eq!(member::<String>(r#"{"V":null,"W":1}"#), Ok(None));
    assert_eq!(member::<String>(""), Ok(None), "operations without input may have no body");
    assert_eq!(member::<String>(r#"{"V":""}"#), Ok(Some(String::new())));
    let root = parse(r#"{"V":[],"M":{}}"#);
    assert_eq!(list::<String>(&root.root(), "V", "member"), Ok(Some(Vec::new())));
    assert_eq!(map::<String>(&root.root(), "M"), Ok(Some(BTreeMap::new())));
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    expect![[r"
        [] The body is not a JSON object
        1 The body is not a JSON object
        { The body is not valid JSON: EOF while parsing an object at line 1 column 1
        Action=X The body is not valid JSON: expected value at line 1 column 1
    "]]
    .assert_eq(
        &["[]", "1", "{", "Action=X"]
            .map(|body| {
                let fault = Document::parse(body.as_bytes()).unwrap_err();
                assert_eq!(fault.code, codes::SERIALIZATION_EXCEPTION);
                format!("{body} {}\n", fault.message)
            })
            .concat(),
    );
    let deep = "[".repeat(100_000);
    assert!(Document::parse(format!("{{\"V\":{deep}").as_bytes()).is_err(), "no nesting exhausts the stack");
    assert!(Document::parse(b"{\"V\":\"\xff\"}").is_err());
}

#[test]
fn values_of_another_type_are_named() {
    let string = |value: &str| member::<String>(&format!("{{\"V\":{value}}}")).unwrap_err();
    assert_eq!(string("1"), "V: NUMBER_VALUE cannot be converted to String");
    assert_eq!(string("true"), "V: TRUE_VALUE cannot be converted to String");
    assert_eq!(string("[]"), "V: Start of list found where not expected");
    assert_eq!(string("{}"), "V: Start of structure or map found where not expected");
    for value in ["\"1\"", "1.5", "1e30"] {
        let said = member::<i64>(&format!("{{\"V\":{value}}}")).unwrap_err();
        assert!(said.ends_with("cannot be converted to Integer"), "{value}: {said}");
    }
    assert_eq!(
        member::<i32>(r#"{"V":2147483648}"#).unwrap_err(),
        "V: The value of V does not fit in 32 bits"
    );
    assert_eq!(
        member::<bool>(r#"{"V":"true"}"#).unwrap_err(),
        "V: STRING_VALUE cannot be converted to Boolean"
    );
    assert!(member::<Timestamp>(r#"{"V":1e300}"#).is_err());
    let lists = parse(r#"{"V":"a","L":[["x"]],"N":[null]}"#);
    let said = |name| list::<String>(&lists.root(), name, "member").unwrap_err();
    assert_eq!(said("V").reason, "Expected list or null");
    assert_eq!(
        (&*said("L").path, &*said("L").reason),
        ("L.1.member", "Start of list found where not expected")
    );
    assert_eq!(said("N").reason, "NULL_VALUE cannot be converted to String");
}

fn everything() -> impl Strategy<Value = Everything> {
    let moments = (-2_000_000_000_000_i64..4_000_000_000_000)
        .prop_map(|millisecond| Timestamp::from_millisecond(millisecond).unwrap());
    // The reader may miss the last bit of numbers with more digits.
    let doubles = any::<i32>().prop_map(|number| f64::from(number) / 8.0);
    let plain = (
        any::<Option<String>>(),
        any::<Option<bool>>(),
        any::<Option<i64>>(),
        proptest::option::of(doubles),
        proptest::option::of(moments),
    );
    let leaf = plain.prop_map(|(text, flag, number, double, moment)| Everything {
        text,
        flag,
        number,
        double,
        moment,
        ..Default::default()
    });
    leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        let lists = proptest::option::of(proptest::collection::vec(inner.clone(), 0..4));
        let maps = proptest::option::of(proptest::collection::btree_map(any::<String>(), inner, 0..4));
        (leaf.clone(), lists, maps).prop_map(|(leaf, list, map)| Everything { list, map, ..leaf })
    })
}

proptest! {
    #[test]
    fn every_shape_is_read_as_it_was_written(shape in everything()) {
        let written = answer(&shape);
        let read = Everything::decode(&parse(&written).root());
        prop_assert_eq!(read, Ok(shape), "{}", written);
    }

    #[test]
    fn no_body_makes_reading_panic(body in "[\\[\\]{}\":,0-9a-fnrtuelV. -]{0,60}") {
        let Ok(document) = Document::parse(body.as_bytes()) else { return Ok(()) };
        let _ = Everything::decode(&document.root());
        let root = document.root();
        let Ok(Some(node)) = root.member("V") else { return Ok(()) };
        let _ = (node.string().is_ok(), node.integer(), node.double(), node.boolean(), node.timestamp());
        let _ = (node.elements("member").is_ok(), node.entries().is_ok(), node.member("V").is_ok());
    }
}
