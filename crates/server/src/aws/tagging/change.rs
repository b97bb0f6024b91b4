//! TagResources and UntagResources: each resource by its own service's rules. One that refuses does not hold up the others.

use std::collections::BTreeMap;

use domain::ec2::{self, Kind};
use domain::tag::RequestedTag;
use domain::tagging::ResourceArn;
use models::tagging::{enums, errors, ops, shapes};
use wire::{Fault, Handle, codes};

use super::{Refusal, Tagging};
use crate::aws::ec2::refusal::Refusal as Ec2Refusal;
use crate::aws::ec2::tags as of_ec2;
use crate::aws::elasticache::tags as of_elasticache;
use crate::aws::fault::Refusal as ElastiCacheRefusal;
use crate::http::Cx;
use crate::store::Tx;

impl Handle<ops::TagResources, Cx> for Tagging {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::TagResourcesInput,
    ) -> Result<shapes::TagResourcesOutput, Fault> {
        let change = Change::Add(input.tags.unwrap_or_default());
        let arns = arns(cx, input.resource_arn_list, "TagResources")?;
        Ok(shapes::TagResourcesOutput { failed_resources_map: Some(self.change(cx, arns, change).await?) })
    }
}

impl Handle<ops::UntagResources, Cx> for Tagging {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::UntagResourcesInput,
    ) -> Result<shapes::UntagResourcesOutput, Fault> {
        let change = Change::Remove(input.tag_keys.unwrap_or_default());
        let arns = arns(cx, input.resource_arn_list, "UntagResources")?;
        Ok(shapes::UntagResourcesOutput { failed_resources_map: Some(self.change(cx, arns, change).await?) })
    }
}

fn arns(cx: &Cx, sent: Option<Vec<String>>, operation: &'static str) -> Result<Vec<ResourceArn>, Refusal> {
    Ok(ResourceArn::parse_all(&sent.unwrap_or_default(), &cx.scope, operation)?)
}

/// What is done to every resource.
enum Change {
    Add(BTreeMap<String, String>),
    /// A key that is not there is no mistake here, unlike in ElastiCache's own operation.
    Remove(Vec<String>),
}

impl Tagging {
    /// Changes the tags of each resource in one transaction, and answers who refused.
    async fn change(
        &self,
        cx: &Cx,
        arns: Vec<ResourceArn>,
        change: Change,
    ) -> Result<BTreeMap<String, shapes::FailureInfo>, Fault> {
        let cx = cx.clone();
        let changed = self.store.transact(move |tx| {
            let mut failed = BTreeMap::new();
            for arn in arns {
                if let Err(fault) = change.make(tx, &cx, &arn) {
                    failed.insert(arn.as_str().to_owned(), failure(&fault));
                }
            }
            Ok::<_, Refusal>(failed)
        });
        Ok(changed.await?)
    }
}

impl Change {
    fn make(&self, tx: &mut Tx<'_>, cx: &Cx, arn: &ResourceArn) -> Result<(), Fault> {
        match arn.service() {
            "elasticache" => self.make_in_elasticache(tx, cx, arn),
            "ec2" => self.make_in_ec2(tx, cx, arn),
            other => {
                let message = format!("Simfra does not have the service '{other}' (yet)");
                Err(Fault::new(codes::NOT_IMPLEMENTED, message))
            }
        }
    }

    fn make_in_elasticache(&self, tx: &mut Tx<'_>, cx: &Cx, arn: &ResourceArn) -> Result<(), Fault> {
        let changed = of_elasticache::change_tags(tx, cx, arn.as_str(), |tags| match self {
            Self::Add(added) => {
                let added = added.iter();
                let added = added
                    .map(|(key, value)| RequestedTag { key: Some(key.clone()), value: Some(value.clone()) });
                tags.with(&added.collect::<Vec<_>>())
            }
            Self::Remove(keys) => Ok(tags.free_of(keys)),
        });
        changed.map(drop).map_err(|rejection| ElastiCacheRefusal::from(rejection).into())
    }

    fn make_in_ec2(&self, tx: &mut Tx<'_>, cx: &Cx, arn: &ResourceArn) -> Result<(), Fault> {
        let (kind, id) = arn.resource().split_once('/').unwrap_or_default();
        let Some(kind) = ec2_kind(kind) else {
            let message = format!("'{kind}' is not a recognized EC2ResourceType id ");
            return Err(Fault::new(errors::INVALID_PARAMETER_EXCEPTION, message));
        };
        let refused = |rejection| Fault::from(Ec2Refusal::from(rejection));
        kind.check(id).map_err(refused)?;
        if arn.account() != cx.scope.account.as_str() {
            return Err(refused(kind.not_found(id)));
        }
        let changed = of_ec2::retag(tx, &cx.scope, id, |tags| match self {
            Self::Add(added) => {
                let added = added.iter().map(|(key, value)| ec2::RequestedTag {
                    key: Some(key.clone()),
                    value: Some(value.clone()),
                });
                tags.with(&added.collect::<Vec<_>>())
            }
            Self::Remove(keys) => {
                let removed = keys.iter().map(|key| ec2::RemovedTag { key: Some(key.clone()), value: None });
                Ok(tags.without(&removed.collect::<Vec<_>>()))
            }
        });
        changed.map_err(refused)
    }
}

/// What an ARN calls the kind.
fn ec2_kind(word: &str) -> Option<Kind> {
    Some(match word {
        "vpc" => Kind::Vpc,
        "subnet" => Kind::Subnet,
        "security-group" => Kind::SecurityGroup,
        "security-group-rule" => Kind::Rule,
        "route-table" => Kind::RouteTable,
        "network-acl" => Kind::NetworkAcl,
        "network-interface" => Kind::NetworkInterface,
        _ => return None,
    })
}

fn failure(fault: &Fault) -> shapes::FailureInfo {
    shapes::FailureInfo {
        status_code: Some(fault.code.http.into()),
        error_code: Some(enums::ErrorCode::from(fault.code.wire)),
        error_message: Some(fault.message.clone().into_owned()),
    }
}
