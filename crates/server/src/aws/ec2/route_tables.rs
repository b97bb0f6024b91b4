//! Route tables: the main one of each VPC. No other can be made.

use domain::ec2::{Kind, RouteTable};
use domain::ids::VpcId;
use models::ec2::{ops, shapes};
use wire::{Fault, Handle};

use super::describe::Describe;
use super::{Ec2, view};
use crate::http::Cx;

impl Handle<ops::DescribeRouteTables, Cx> for Ec2 {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeRouteTablesRequest,
    ) -> Result<shapes::DescribeRouteTablesResult, Fault> {
        let describe = Describe {
            ids: input.route_table_ids,
            filters: input.filters,
            max_results: input.max_results,
            next_token: input.next_token,
            dry_run: input.dry_run,
        };
        let world = self.store.read();
        let of = |id: &VpcId| world.vpc(&cx.scope, id).into_iter().collect();
        let vpcs = describe.of_vpcs(of, || world.vpcs(&cx.scope));
        let tables = vpcs.iter().map(|vpc| RouteTable::main_of(vpc)).collect();
        let page = describe.select(Kind::RouteTable, tables, |table: &RouteTable| table.id.clone())?;
        Ok(shapes::DescribeRouteTablesResult {
            next_token: page.next,
            route_tables: Some(page.items.iter().map(view::route_table).collect()),
        })
    }
}
