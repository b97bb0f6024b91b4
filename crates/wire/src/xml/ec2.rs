//! What surrounds answers and errors in the ec2 protocol: no wrapper around the result, the request's id in front.
//!
//! The shapes themselves are written as in awsQuery, with the names that EC2's model gives them.

use crate::xml::encoder::XmlEncoder;
use crate::{Encode, Encoder, Fault};

/// What surrounds every answer.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The service's XML namespace.
    pub namespace: &'a str,
    /// The request's id, the same as in the answer's `x-amzn-requestid`.
    pub request_id: &'a str,
}

impl Envelope<'_> {
    /// The answer of `operation`. One that has nothing to say, says `<return>true</return>`.
    pub fn answer(&self, operation: &str, output: &dyn Encode) -> String {
        let mut said = XmlEncoder::default();
        output.encode(&mut said);
        let nothing = said.finish().is_empty();
        let mut e = XmlEncoder::default();
        e.element(&format!("{operation}Response"), Some(self.namespace), |e| {
            e.element("requestId", None, |e| e.string(self.request_id));
            if nothing {
                e.element("return", None, |e| e.boolean(true));
            } else {
                output.encode(e);
            }
        });
        e.finish()
    }
}

/// The answer to a request that is refused: of all its elements only this id is written in capitals.
pub fn error(fault: &Fault, request_id: &str) -> String {
    let mut e = XmlEncoder::default();
    e.element("Response", None, |e| {
        e.element("Errors", None, |e| {
            e.element("Error", None, |e| {
                e.element("Code", None, |e| e.string(fault.code.wire));
                e.element("Message", None, |e| e.string(&fault.message));
            });
        });
        e.element("RequestID", None, |e| e.string(request_id));
    });
    e.finish()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::{Field, codes};

    struct Vpcs(Option<Vec<String>>);

    impl Encode for Vpcs {
        fn encode(&self, e: &mut dyn Encoder) {
            e.structure(&[Field::list("vpcSet", "item", self.0.as_ref())]);
        }
    }

    const ENVELOPE: Envelope<'_> = Envelope { namespace: "http://example.com/doc", request_id: "id-1" };

    #[test]
    fn answers_have_no_wrapper_and_empty_ones_say_true() {
        let vpcs = Vpcs(Some(vec!["vpc-1".to_owned()]));
        expect![[r#"<DescribeVpcsResponse xmlns="http://example.com/doc"><requestId>id-1</requestId><vpcSet><item>vpc-1</item></vpcSet></DescribeVpcsResponse>"#]]
            .assert_eq(&ENVELOPE.answer("DescribeVpcs", &vpcs));
        expect![[r#"<DescribeVpcsResponse xmlns="http://example.com/doc"><requestId>id-1</requestId><vpcSet/></DescribeVpcsResponse>"#]]
            .assert_eq(&ENVELOPE.answer("DescribeVpcs", &Vpcs(Some(Vec::new()))));
        expect![[r#"<DeleteVpcResponse xmlns="http://example.com/doc"><requestId>id-1</requestId><return>true</return></DeleteVpcResponse>"#]]
            .assert_eq(&ENVELOPE.answer("DeleteVpc", &()));
    }

    #[test]
    fn errors_are_a_list() {
        expect!["<Response><Errors><Error><Code>InvalidAction</Code><Message>a &lt; b</Message></Error></Errors><RequestID>id-1</RequestID></Response>"]
            .assert_eq(&error(&Fault::new(codes::INVALID_ACTION, "a < b"), "id-1"));
    }
}
