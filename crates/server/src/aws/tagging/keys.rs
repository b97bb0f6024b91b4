//! GetTagKeys and GetTagValues: what tags are in use.

use domain::tagging::TextsAfter;
use models::tagging::{ops, shapes};
use wire::{Fault, Handle};

use super::{Refusal, Tagging};
use crate::http::Cx;

impl Handle<ops::GetTagKeys, Cx> for Tagging {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::GetTagKeysInput,
    ) -> Result<shapes::GetTagKeysOutput, Fault> {
        let from = TextsAfter::parse(input.pagination_token.as_deref()).map_err(Refusal::from)?;
        let page = from.page(self.store.read().tag_keys(&cx.scope, from.after()));
        Ok(shapes::GetTagKeysOutput {
            pagination_token: Some(page.token.unwrap_or_default()),
            tag_keys: Some(page.items),
        })
    }
}

impl Handle<ops::GetTagValues, Cx> for Tagging {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::GetTagValuesInput,
    ) -> Result<shapes::GetTagValuesOutput, Fault> {
        let from = TextsAfter::parse(input.pagination_token.as_deref()).map_err(Refusal::from)?;
        let key = input.key.unwrap_or_default();
        let page = from.page(self.store.read().tag_values(&cx.scope, &key, from.after()));
        Ok(shapes::GetTagValuesOutput {
            pagination_token: Some(page.token.unwrap_or_default()),
            tag_values: Some(page.items),
        })
    }
}
