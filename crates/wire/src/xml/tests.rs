//! Golden answers, and every value there and back through a foreign parser.

use expect_test::{Expect, expect};
use jiff::Timestamp;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::xml::{Envelope, document};
use crate::{Encode, Encoder, Fault, Field, codes};

#[derive(Default)]
struct Cluster {
    id: Option<String>,
    nodes: Option<i32>,
    encrypted: Option<bool>,
    price: Option<f64>,
    created: Option<Timestamp>,
    groups: Option<Vec<String>>,
    tags: Option<Vec<Tag>>,
    pending: Option<Box<Cluster>>,
}

struct Tag(String);

impl Encode for Tag {
    fn encode(&self, e: &mut dyn Encoder) {
        e.structure(&[Field::one("Key", Some(&self.0))]);
    }
}

impl Encode for Cluster {
    fn encode(&self, e: &mut dyn Encoder) {
        e.structure(&[
            Field::one("Id", self.id.as_ref()),
            Field::one("Nodes", self.nodes.as_ref()),
            Field::one("Encrypted", self.encrypted.as_ref()),
            Field::one("Price", self.price.as_ref()),
            Field::one("Created", self.created.as_ref()),
            Field::list("Groups", "member", self.groups.as_ref()),
            Field::list("Tags", "Tag", self.tags.as_ref()),
            Field::one("Pending", self.pending.as_deref()),
        ]);
    }
}

const ENVELOPE: Envelope<'_> = Envelope { namespace: "http://example.com/doc/", request_id: "id-1" };

fn check(cluster: &Cluster, expected: &Expect) {
    expected.assert_eq(&document("Cluster", cluster));
}

#[test]
fn every_kind_of_value_in_order() {
    let cluster = Cluster {
        id: Some("a <b> & \"c\" 'd'".to_owned()),
        nodes: Some(-1),
        encrypted: Some(true),
        price: Some(0.5),
        created: Some("2025-04-29T11:40:05.278912Z".parse().unwrap()),
        groups: Some(vec!["x".to_owned(), String::new()]),
        tags: Some(vec![Tag("k".to_owned())]),
        pending: None,
    };
    check(
        &cluster,
        &expect![[
            r#"<Cluster><Id>a &lt;b&gt; &amp; "c" 'd'</Id><Nodes>-1</Nodes><Encrypted>true</Encrypted><Price>0.5</Price><Created>2025-04-29T11:40:05.278Z</Created><Groups><member>x</member><member/></Groups><Tags><Tag><Key>k</Key></Tag></Tags></Cluster>"#
        ]],
    );
}

#[test]
fn empty_is_not_absent() {
    check(&Cluster::default(), &expect!["<Cluster/>"]);
    let cluster = Cluster {
        id: Some(String::new()),
        groups: Some(Vec::new()),
        pending: Some(Box::default()),
        ..Cluster::default()
    };
    check(&cluster, &expect!["<Cluster><Id/><Groups/><Pending/></Cluster>"]);
}

#[test]
fn doubles_are_plain_decimals_and_times_have_milliseconds() {
    let price = |price| document("Price", &price);
    assert_eq!(price(1.0), "<Price>1.0</Price>");
    assert_eq!(price(1e-7), "<Price>0.0000001</Price>");
    assert_eq!(price(-1e21), "<Price>-1000000000000000000000.0</Price>");
    let created: Timestamp = "2019-12-05T06:38:23Z".parse().unwrap();
    assert_eq!(document("At", &created), "<At>2019-12-05T06:38:23.000Z</At>");
}

#[test]
fn what_xml_cannot_express_is_replaced() {
    let text = "a\0b\u{b}c\u{ffff}d\te\nf\rg".to_owned();
    assert_eq!(read_text(&document("T", &text)), "a\u{fffd}b\u{fffd}c\u{fffd}d\te\nf\rg");
}

#[test]
fn answers_have_their_envelope() {
    let tag = Tag("k".to_owned());
    expect![[r#"<DescribeResponse xmlns="http://example.com/doc/"><DescribeResult><Key>k</Key></DescribeResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DescribeResponse>"#]].assert_eq(&ENVELOPE.answer("Describe", Some("DescribeResult"), &tag));
    expect![[r#"<DeleteResponse xmlns="http://example.com/doc/"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DeleteResponse>"#]].assert_eq(&ENVELOPE.answer("Delete", None, &()));
}

#[test]
fn errors_have_theirs() {
    let sender = Fault::new(codes::MALFORMED_INPUT, "1 < 2");
    expect![[r#"<ErrorResponse xmlns="http://example.com/doc/"><Error><Type>Sender</Type><Code>MalformedInput</Code><Message>1 &lt; 2</Message></Error><RequestId>id-1</RequestId></ErrorResponse>"#]].assert_eq(&ENVELOPE.error(&sender));
    let receiver = Fault::new(codes::INTERNAL_FAILURE, "");
    expect![[r#"<ErrorResponse xmlns="http://example.com/doc/"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message/></Error><RequestId>id-1</RequestId></ErrorResponse>"#]].assert_eq(&ENVELOPE.error(&receiver));
}

/// The text of a document that holds nothing else, as a foreign parser reads it.
fn read_text(document: &str) -> String {
    let mut reader = Reader::from_str(document);
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Text(part) => text += &part.xml10_content().unwrap(),
            Event::GeneralRef(reference) => {
                let reference = format!("&{};", reference.decode().unwrap());
                text += &quick_xml::escape::unescape(&reference).unwrap();
            }
            Event::Eof => return text,
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn every_text_is_read_as_it_was_written(text in "([\\x00-\\x20<>&;'\"\u{fffe}]|\\PC){0,20}") {
        let unwritable = |c: char| c < ' ' && !"\t\n\r".contains(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
        let expected = text.replace(unwritable, "\u{fffd}");
        prop_assert_eq!(read_text(&document("T", &text)), expected);
    }
}
