//! What all Describe operations have in common: ids, filters, pages and trials.

use std::collections::BTreeSet;

use domain::ec2::{Described, Ec2Rejection, Filters, Kind, Page, PageRequest, RequestedFilter};
use domain::ids::VpcId;
use models::ec2::shapes;

use super::refusal::Refusal;

/// The common part of a request.
#[derive(Debug, Default)]
pub(super) struct Describe {
    pub(super) ids: Option<Vec<String>>,
    pub(super) filters: Option<Vec<shapes::Filter>>,
    pub(super) max_results: Option<i32>,
    pub(super) next_token: Option<String>,
    pub(super) dry_run: Option<bool>,
}

/// `filters` as the domain has them.
pub(super) fn filters(filters: Option<Vec<shapes::Filter>>) -> Vec<RequestedFilter> {
    let filters = filters.unwrap_or_default().into_iter();
    filters
        .map(|filter| RequestedFilter { name: filter.name, values: filter.values.unwrap_or_default() })
        .collect()
}

impl Describe {
    /// Those among which to select: the ones that are named, else all.
    pub(super) fn among<R>(&self, one: impl Fn(&str) -> Option<R>, all: impl FnOnce() -> Vec<R>) -> Vec<R> {
        match self.named() {
            Some(ids) => ids.into_iter().filter_map(one).collect(),
            None => all(),
        }
    }

    /// The ids that are named, each once; none where no id is.
    pub(super) fn named(&self) -> Option<BTreeSet<&str>> {
        let named: BTreeSet<&str> = self.ids.iter().flatten().map(String::as_str).collect();
        (!named.is_empty()).then_some(named)
    }

    /// The values of a filter, each once, where there is such a filter and none of them stands for others.
    pub(super) fn exactly(&self, filter: &str) -> Option<BTreeSet<&str>> {
        let mut filters = self.filters.iter().flatten();
        let found = filters.find(|one| one.name.as_deref() == Some(filter))?;
        let values = found.values.as_deref().unwrap_or_default();
        let exact = values.iter().all(|value| !value.contains(['*', '?']));
        exact.then(|| values.iter().map(String::as_str).collect())
    }

    /// Those of the VPCs that a filter names, else all: `of` has those of one VPC.
    pub(super) fn of_vpcs<R>(&self, of: impl Fn(&VpcId) -> Vec<R>, all: impl FnOnce() -> Vec<R>) -> Vec<R> {
        match self.exactly("vpc-id") {
            Some(vpcs) => vpcs.into_iter().filter_map(|id| id.parse().ok()).flat_map(|id| of(&id)).collect(),
            None => all(),
        }
    }

    /// Those of `all` that are asked for; `id` tells their ids, which are of the form of `kind`.
    pub(super) fn select<R: Described>(
        self,
        kind: Kind,
        all: Vec<R>,
        id: impl Fn(&R) -> String,
    ) -> Result<Page<R>, Refusal> {
        let ids = self.ids.unwrap_or_default();
        for asked in &ids {
            kind.check(asked)?;
        }
        if !ids.is_empty() && self.max_results.is_some() {
            return Err(Ec2Rejection::Exclusive("ids", "maxResults").into());
        }
        let filters = Filters::parse::<R>(filters(self.filters))?;
        let page = PageRequest::parse(self.max_results, self.next_token.as_deref())?;
        if let Some(absent) = ids.iter().find(|asked| !all.iter().any(|one| id(one) == **asked)) {
            return Err(kind.not_found(absent).into());
        }
        if self.dry_run == Some(true) {
            return Err(Ec2Rejection::DryRun.into());
        }
        let asked = |one: &R| (ids.is_empty() || ids.contains(&id(one))) && filters.pass(one);
        Ok(page.page(all.into_iter().filter(asked), &id))
    }
}
