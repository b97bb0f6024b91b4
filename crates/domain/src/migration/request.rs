//! Requests on migrations as they came, unchecked.

/// `CustomerNodeEndpoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CustomerNodeEndpoint {
    pub address: Option<String>,
    pub port: Option<i32>,
}

/// `StartMigrationMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct StartMigration {
    pub serverless_cache_name: Option<String>,
    pub replication_group_id: Option<String>,
    pub customer_node_endpoint_list: Vec<CustomerNodeEndpoint>,
    pub auto_cutover: Option<bool>,
    pub clear_target_cache_data: Option<bool>,
}

/// `TestMigrationMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct TestMigration {
    pub replication_group_id: Option<String>,
    pub customer_node_endpoint_list: Vec<CustomerNodeEndpoint>,
}

/// `PrepareMigrationRequest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct PrepareMigration {
    pub serverless_cache_name: Option<String>,
    pub customer_node_endpoint_list: Vec<CustomerNodeEndpoint>,
    pub secret_arn: Option<String>,
    pub source_tls_mode: Option<String>,
    pub source_tls_certificate: Option<String>,
}

/// `CompleteMigrationMessage`; `Force` does without data in sync, which of replication groups none is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct CompleteMigration {
    pub replication_group_id: Option<String>,
    pub serverless_cache_name: Option<String>,
    pub force: bool,
}
