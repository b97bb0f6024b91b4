//! Requests on parameter groups.

use domain::parameter_group as request;
use models::elasticache::shapes;

use super::{list, tags};

pub(in crate::aws::elasticache) fn create(
    sent: shapes::CreateCacheParameterGroupMessage,
) -> request::CreateCacheParameterGroup {
    request::CreateCacheParameterGroup {
        cache_parameter_group_name: sent.cache_parameter_group_name,
        cache_parameter_group_family: sent.cache_parameter_group_family,
        description: sent.description,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn modify(
    sent: shapes::ModifyCacheParameterGroupMessage,
) -> request::ModifyCacheParameterGroup {
    request::ModifyCacheParameterGroup {
        cache_parameter_group_name: sent.cache_parameter_group_name,
        parameter_name_values: parameters(sent.parameter_name_values),
    }
}

pub(in crate::aws::elasticache) fn reset(
    sent: shapes::ResetCacheParameterGroupMessage,
) -> request::ResetCacheParameterGroup {
    request::ResetCacheParameterGroup {
        cache_parameter_group_name: sent.cache_parameter_group_name,
        reset_all_parameters: sent.reset_all_parameters.unwrap_or_default(),
        parameter_name_values: parameters(sent.parameter_name_values),
    }
}

fn parameters(sent: Option<Vec<shapes::ParameterNameValue>>) -> Vec<request::ParameterNameValue> {
    let each = list(sent).into_iter().map(|sent| request::ParameterNameValue {
        parameter_name: sent.parameter_name,
        parameter_value: sent.parameter_value,
    });
    each.collect()
}
