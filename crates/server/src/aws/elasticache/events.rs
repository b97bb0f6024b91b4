//! DescribeEvents: what happened, newest first.

use domain::event::{DescribeEvents, EventQuery};
use domain::paging::PageRequest;
use domain::rejection::Rejection;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::EventPlace;

impl Handle<ops::DescribeEvents, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeEventsMessage,
    ) -> Result<shapes::EventsMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let query = DescribeEvents {
            source_identifier: input.source_identifier,
            source_type: input.source_type.map(|kind| kind.as_str().to_owned()),
            start_time: input.start_time,
            end_time: input.end_time,
            duration: input.duration,
        };
        let query = EventQuery::parse(&query, cx.now).map_err(Refusal::from)?;
        let after =
            page.after().map(|marker| EventPlace::parse_newest_first(marker).ok_or(Rejection::BadMarker));
        let after = after.transpose().map_err(Refusal::from)?;
        let world = self.store.read();
        let page = page.page(world.events(&cx.scope, &query, after), |(place, _)| place.newest_first());
        Ok(shapes::EventsMessage {
            marker: page.marker,
            events: Some(page.items.into_iter().map(|(_, event)| view::event(event)).collect()),
        })
    }
}
