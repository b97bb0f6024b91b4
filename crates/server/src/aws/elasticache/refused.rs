//! The operations that are not built yet: each answers 501 with its name. A line leaves this list with its handler.

use models::elasticache::ops;

use super::ElastiCache;
use crate::http::Cx;

models::refuse!(ElastiCache, Cx:
    ops::PrepareMigration,
);
