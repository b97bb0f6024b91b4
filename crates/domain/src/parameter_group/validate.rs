//! What parameter groups ask of requests: pure, all before any effect.

use std::collections::BTreeSet;

use super::{
    CacheParameterGroup, CreateCacheParameterGroup, Listed, ModifyCacheParameterGroup, OwnParameterGroup,
    ParameterGroupRejection as Refused, ParameterNameValue, ParameterSource, ResetCacheParameterGroup,
};
use crate::ids::{CacheParameterGroupName, Scope};
use crate::parameter::{Family, ParameterFacts, ParameterValues, families};
use crate::quota::{Quota, Quotas};
use crate::rejection::{Rejection, Unbuilt};
use crate::tag::Tags;

/// The most parameters that one request changes.
const AT_ONCE: usize = 20;

/// What an account has in a region already.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// How many groups of its own.
    pub groups: usize,
    /// Whether one has the name that is asked for.
    pub name_is_taken: bool,
    /// Whether account quotas hold.
    pub quotas: Quotas,
}

/// The name of a group of one's own: the dots of default groups' names are no part of it.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn own_name(asked: Option<&str>) -> Result<CacheParameterGroupName, Rejection> {
    let asked = asked.ok_or(Rejection::Missing("CacheParameterGroupName"))?;
    CacheParameterGroupName::of_own_group(asked)
        .map_err(|_| Rejection::BadIdentifier("CacheParameterGroupName"))
}

/// Checks CreateCacheParameterGroup.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(
    request: &CreateCacheParameterGroup,
    scope: Scope,
    present: Present,
) -> Result<OwnParameterGroup, Rejection> {
    let name = own_name(request.cache_parameter_group_name.as_deref())?;
    let family = request.cache_parameter_group_family.as_deref().unwrap_or_default();
    if !families().any(|(_, known)| known == family) {
        return Err(Refused::NoSuchFamily(family.to_owned()).into());
    }
    let description = request.description.clone().ok_or(Rejection::Missing("Description"))?;
    let tags = Tags::default().with(&request.tags)?;
    if present.name_is_taken {
        return Err(Refused::Exists(name).into());
    }
    if let Some(limit) = present.quotas.limit(Quota::ParameterGroupsPerRegion)
        && present.groups >= limit as usize
    {
        return Err(Refused::Quota(limit).into());
    }
    let group =
        CacheParameterGroup { name, family: family.to_owned(), description, values: ParameterValues::new() };
    Ok(OwnParameterGroup { scope, group, tags })
}

/// Checks ModifyCacheParameterGroup, and answers the values that the group says from now on.
///
/// # Errors
/// The first rule that it breaks.
pub fn modify(
    request: &ModifyCacheParameterGroup,
    group: &CacheParameterGroup,
    is_used: bool,
) -> Result<ParameterValues, Rejection> {
    let named = named(&request.parameter_name_values, group, is_used)?;
    let mut values = group.values.clone();
    for (parameter, asked) in named {
        let value = asked.parameter_value.as_deref().ok_or(Rejection::Missing("ParameterValue"))?;
        if !parameter.takes(value) {
            return Err(Refused::BadValue {
                parameter: parameter.name.to_owned(),
                value: value.to_owned(),
                allowed: parameter.allowed.unwrap_or(parameter.data_type.as_str()).to_owned(),
            }
            .into());
        }
        if unbuilt(parameter) && parameter.default.unwrap_or_default() != value {
            return Err(Rejection::NotYet(Unbuilt::Parameter(parameter.name)));
        }
        values.insert(parameter.name.to_owned(), value.to_owned());
    }
    Ok(values)
}

/// Checks ResetCacheParameterGroup, and answers the values that the group says from now on. `applying` are the
/// parameters that are being put in force somewhere.
///
/// # Errors
/// The first rule that it breaks.
pub fn reset(
    request: &ResetCacheParameterGroup,
    group: &CacheParameterGroup,
    is_used: bool,
    applying: &BTreeSet<String>,
) -> Result<ParameterValues, Rejection> {
    if request.reset_all_parameters != request.parameter_name_values.is_empty() {
        return Err(Refused::ResetWhat.into());
    }
    let mut values = group.values.clone();
    let gone: Vec<String> = if request.reset_all_parameters {
        values.keys().cloned().collect()
    } else {
        let named = named(&request.parameter_name_values, group, is_used)?;
        named.into_iter().map(|(parameter, _)| parameter.name.to_owned()).collect()
    };
    if let Some(pending) = gone.iter().find(|name| applying.contains(*name)) {
        return Err(Refused::PendingChanges(pending.clone()).into());
    }
    let locked = |name: &&String| is_used && group.changes_unused(name) && values.contains_key(*name);
    if let Some(parameter) = gone.iter().find(locked) {
        return Err(Refused::InUseFor { parameter: parameter.clone(), group: group.name.clone() }.into());
    }
    values.retain(|name, _| !gone.contains(name));
    Ok(values)
}

/// The parameters that a request names, each one that can be changed.
fn named<'r>(
    asked: &'r [ParameterNameValue],
    group: &CacheParameterGroup,
    is_used: bool,
) -> Result<Vec<(&'static ParameterFacts, &'r ParameterNameValue)>, Rejection> {
    if asked.is_empty() {
        return Err(Refused::NoParameters.into());
    }
    if asked.len() > AT_ONCE {
        return Err(Refused::TooManyParameters.into());
    }
    let family = Family::named(&group.family);
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(asked.len());
    for asked in asked {
        let name = asked.parameter_name.as_deref().ok_or(Rejection::Missing("ParameterName"))?;
        let parameter = family.and_then(|family| family.parameter(name));
        let parameter = parameter.ok_or_else(|| Refused::NoSuchParameter(name.to_owned()))?;
        if !seen.insert(name) {
            return Err(Refused::ParameterTwice(name.to_owned()).into());
        }
        if parameter.changes_unused() && is_used {
            let (parameter, group) = (name.to_owned(), group.name.clone());
            return Err(Refused::InUseFor { parameter, group }.into());
        }
        if !parameter.is_modifiable && !parameter.changes_unused() {
            return Err(Refused::NotModifiable(name.to_owned()).into());
        }
        found.push((parameter, asked));
    }
    Ok(found)
}

/// Checks DeleteCacheParameterGroup.
///
/// # Errors
/// [`Refused::InUse`].
pub fn delete(group: &CacheParameterGroup, is_used: bool) -> Result<(), Rejection> {
    if is_used { Err(Refused::InUse(group.name.clone()).into()) } else { Ok(()) }
}

/// `Source`, which lists what comes from there. A group of one's own calls all of its parameters the user's (recorded of
/// AWS), and lists those alone that it was told when it is asked for the user's: Terraform's provider takes no others for
/// set.
///
/// # Errors
/// When it is no source.
pub fn source(asked: Option<&str>, group: &CacheParameterGroup) -> Result<Listed, Rejection> {
    match (asked.filter(|asked| !asked.is_empty()), group.source()) {
        (None, _) | (Some("system"), ParameterSource::System) => Ok(Listed::All),
        (Some("user"), ParameterSource::User) => Ok(Listed::Told),
        (Some("user" | "system" | "engine-default"), _) => Ok(Listed::Nothing),
        (Some(asked), _) => Err(Rejection::NotListed {
            parameter: "Source",
            value: asked.to_owned(),
            allowed: "user, system, engine-default".to_owned(),
        }),
    }
}

/// What no engine here is told: Redis renames commands at its start alone, searching is a module that no
/// distribution's Valkey has, Memcached's `watch` is switched at its start alone.
fn unbuilt(parameter: &ParameterFacts) -> bool {
    matches!(parameter.name, "rename-commands" | "watch") || parameter.name.starts_with("search-")
}

impl CacheParameterGroup {
    fn changes_unused(&self, name: &str) -> bool {
        let parameter = Family::named(&self.family).and_then(|family| family.parameter(name));
        parameter.is_some_and(ParameterFacts::changes_unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_applied_is_not_reset() {
        let mut group = CacheParameterGroup::defaults()[0].clone();
        group.family = "redis7".to_owned();
        group.values.insert("timeout".to_owned(), "30".to_owned());
        let all = ResetCacheParameterGroup { reset_all_parameters: true, ..Default::default() };
        let applying = BTreeSet::from(["timeout".to_owned()]);
        assert_eq!(
            reset(&all, &group, true, &applying).unwrap_err().to_string(),
            "Cannot reset the parameter group because the parameter timeout has pending changes."
        );
        assert!(reset(&all, &group, true, &BTreeSet::new()).unwrap().is_empty());
    }
}
