//! GetResources: what is tagged, or was once.

use domain::arn::{Arn, ResourceType};
use domain::ids::Scope;
use domain::tagging::{Asked, GetResources, RequestedFilter, ResourceArn};
use models::tagging::{ops, shapes};
use wire::{Fault, Handle};

use super::{Refusal, Tagging};
use crate::http::Cx;
use crate::store::{GlobalKey, TagMap, World};

impl Handle<ops::GetResources, Cx> for Tagging {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::GetResourcesInput,
    ) -> Result<shapes::GetResourcesOutput, Fault> {
        let details = input.include_compliance_details == Some(true);
        let request = request(input);
        // There are no tag policies, so nothing breaks one.
        let all_comply = request.exclude_compliant;
        let asked = request.check(&cx.scope).map_err(Refusal::from)?;
        let world = self.store.read();
        let mapping = |(arn, tags): (&str, &TagMap)| mapping(arn, tags, details);
        let (mappings, token) = match asked {
            _ if all_comply => (Vec::new(), None),
            Asked::Arns(arns) => {
                let found = arns.iter().filter_map(|arn| find(&world, &cx.scope, arn));
                (found.map(mapping).collect(), None)
            }
            Asked::Matching(matching, limits) => {
                let found = world.tagged_matching(&cx.scope, &matching, limits.after());
                let page = limits.page(found, |tags| tags.len());
                (page.items.into_iter().map(mapping).collect(), page.token)
            }
        };
        Ok(shapes::GetResourcesOutput {
            // The last page has an empty token, as AWS's has.
            pagination_token: Some(token.unwrap_or_default()),
            resource_tag_mapping_list: Some(mappings),
        })
    }
}

fn request(input: shapes::GetResourcesInput) -> GetResources {
    let filters = input.tag_filters.map(|filters| {
        let each = filters.into_iter();
        each.map(|filter| RequestedFilter { key: filter.key, values: filter.values }).collect()
    });
    GetResources {
        arns: input.resource_arn_list,
        tag_filters: filters,
        types: input.resource_type_filters,
        resources_per_page: input.resources_per_page,
        tags_per_page: input.tags_per_page,
        token: input.pagination_token,
        compliance_details: input.include_compliance_details == Some(true),
        exclude_compliant: input.exclude_compliant_resources == Some(true),
    }
}

/// What `arn` names, if it is tagged or was.
fn find<'w>(world: &'w World, scope: &Scope, arn: &ResourceArn) -> Option<(&'w str, &'w TagMap)> {
    let home = global_home(scope, arn);
    world.tagged(home.as_ref().unwrap_or(scope), arn.as_str())
}

/// Where a global datastore is kept, whose ARN has no region.
fn global_home(scope: &Scope, arn: &ResourceArn) -> Option<Scope> {
    let parsed = Arn::parse(arn.as_str(), scope).ok()?;
    let id = (parsed.resource == ResourceType::GlobalReplicationGroup).then(|| parsed.id.parse().ok())??;
    Some(GlobalKey::of_id(scope, &id).scope)
}

fn mapping(arn: &str, tags: &TagMap, details: bool) -> shapes::ResourceTagMapping {
    let tags = tags.iter();
    let tags = tags.map(|(key, value)| shapes::Tag { key: Some(key.clone()), value: Some(value.clone()) });
    let complies = || shapes::ComplianceDetails { compliance_status: Some(true), ..Default::default() };
    shapes::ResourceTagMapping {
        resource_arn: Some(arn.to_owned()),
        tags: Some(tags.collect()),
        compliance_details: details.then(complies),
    }
}
