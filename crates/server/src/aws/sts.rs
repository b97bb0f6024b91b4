//! STS: who a caller is.

use models::sts::{API_VERSION, OperationName, SIGNING_NAME, XML_NAMESPACE, dispatch, fault, ops, shapes};
use wire::{Encode, Fault, Handle, Node, refuse};

use crate::http::{Cx, QueryApi};

/// The service.
#[derive(Debug, Default)]
pub struct Sts;

impl QueryApi for Sts {
    const SIGNING_NAME: &'static str = SIGNING_NAME;
    const VERSION: &'static str = API_VERSION;
    const NAMESPACE: &'static str = XML_NAMESPACE;
    type Operation = OperationName;

    fn operation(name: &str) -> Option<OperationName> {
        OperationName::from_name(name)
    }

    fn unknown(name: &str, _version: Option<&str>) -> Fault {
        refuse::not_built(name)
    }

    fn result_wrapper(operation: OperationName) -> Option<&'static str> {
        operation.result_wrapper()
    }

    async fn dispatch(
        &self,
        cx: &Cx,
        operation: OperationName,
        input: &dyn Node,
    ) -> Result<Box<dyn Encode + Send>, Fault> {
        dispatch(self, cx, operation, input).await.map_err(fault)
    }
}

impl Handle<ops::GetCallerIdentity, Cx> for Sts {
    /// Simfra knows no users: who may speak for an account is its root.
    async fn handle(
        &self,
        cx: &Cx,
        _input: shapes::GetCallerIdentityRequest,
    ) -> Result<shapes::GetCallerIdentityResponse, Fault> {
        let account = &cx.scope.account;
        let partition = cx.scope.region.partition().as_str();
        Ok(shapes::GetCallerIdentityResponse {
            user_id: Some(account.to_string()),
            account: Some(account.to_string()),
            arn: Some(format!("arn:{partition}:iam::{account}:root")),
        })
    }
}
