//! The Resource Groups Tagging API, as JSON by hand: every word of requests and answers is the test's own.

use serde_json::Value;

use super::emu::TestEmu;
use super::raw::Reply;

impl TestEmu {
    /// What an operation answers to `input`.
    pub(crate) fn tagging(&self, operation: &str, input: &Value) -> Value {
        let reply = self.json(&format!("ResourceGroupsTaggingAPI_20170126.{operation}"), &input.to_string());
        assert_eq!(reply.status, 200, "{operation} {input}: {}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    }

    /// Status, type and message of the refusal of `input`.
    pub(crate) fn tagging_refusal(&self, operation: &str, input: &Value) -> String {
        json_error(&self.json(&format!("ResourceGroupsTaggingAPI_20170126.{operation}"), &input.to_string()))
    }

    /// A request of AWS JSON 1.1.
    pub(crate) fn json(&self, target: &str, body: &str) -> Reply {
        let reply = self.ask(&format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert_eq!(reply.header("content-type"), Some("application/x-amz-json-1.1"), "{reply:?}");
        assert!(reply.header("x-amzn-requestid").is_some(), "{reply:?}");
        reply
    }

    /// The ARNs that GetResources answers to `input`, without what is the same in all.
    pub(crate) fn tagged(&self, input: &Value) -> Vec<String> {
        let answer = self.tagging("GetResources", input);
        let each = answer["ResourceTagMappingList"].as_array().unwrap().iter();
        each.map(|one| one["ResourceARN"].as_str().unwrap().splitn(6, ':').nth(5).unwrap().to_owned())
            .collect()
    }
}

/// Status, type and message of a refusal.
pub(crate) fn json_error(reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    format!("{} {}: {}", reply.status, body["__type"].as_str().unwrap(), body["message"].as_str().unwrap())
}
