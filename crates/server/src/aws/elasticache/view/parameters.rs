//! Parameters, as groups and families list them.

use domain::catalogue::Catalogue;
use domain::parameter::{Family, ParameterFacts};
use domain::parameter_group::ParameterSource;
use models::elasticache::enums::ChangeType;
use models::elasticache::shapes;

pub(in crate::aws::elasticache) fn parameter(
    row: &ParameterFacts,
    value: Option<&str>,
    source: ParameterSource,
) -> shapes::Parameter {
    shapes::Parameter {
        parameter_name: Some(row.name.to_owned()),
        parameter_value: value.map(str::to_owned),
        description: None,
        source: Some(source.as_str().to_owned()),
        data_type: Some(row.data_type.as_str().to_owned()),
        allowed_values: row.allowed.map(str::to_owned),
        is_modifiable: Some(is_modifiable(row, source)),
        minimum_engine_version: Some(row.since.to_string()),
        change_type: Some(ChangeType::from(row.change_type.as_str())),
    }
}

/// A parameter that changes only while nobody uses its group reads as modifiable in a group of one's own.
fn is_modifiable(row: &ParameterFacts, source: ParameterSource) -> bool {
    row.is_modifiable || (source == ParameterSource::User && row.changes_unused())
}

pub(in crate::aws::elasticache) fn node_type_parameters(
    family: Option<&Family>,
    source: ParameterSource,
) -> Vec<shapes::CacheNodeTypeSpecificParameter> {
    let each = family.into_iter().flat_map(Family::with_node_type).map(|(row, parameter)| {
        let values = Catalogue::get().node_types.iter().filter_map(|node_type| {
            Some(shapes::CacheNodeTypeSpecificValue {
                cache_node_type: Some(node_type.name.to_owned()),
                value: Some(parameter.value(node_type)?.to_string()),
            })
        });
        shapes::CacheNodeTypeSpecificParameter {
            parameter_name: Some(row.name.to_owned()),
            description: None,
            source: Some(source.as_str().to_owned()),
            data_type: Some(row.data_type.as_str().to_owned()),
            allowed_values: row.allowed.map(str::to_owned),
            is_modifiable: Some(is_modifiable(row, source)),
            minimum_engine_version: Some(row.since.to_string()),
            cache_node_type_specific_values: Some(values.collect()),
            change_type: Some(ChangeType::from(row.change_type.as_str())),
        }
    });
    each.collect()
}
