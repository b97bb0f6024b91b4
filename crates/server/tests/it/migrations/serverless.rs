//! Online migrations into serverless caches.

use aws_sdk_elasticache::operation::prepare_migration::builders::PrepareMigrationFluentBuilder;
use aws_sdk_elasticache::operation::start_migration::builders::StartMigrationFluentBuilder;
use aws_sdk_elasticache::types::{
    SecretManagerAuthConfig, SourceAuthenticationConfiguration, SourceTlsConfiguration, TlsMode,
};
use domain::migration::serverless::MigrationStep;
use domain::serverless_cache::ServerlessCache;
use server::store::StoreError;

use super::source;
use crate::support::emu::TestEmu;
use crate::support::raw::post;
use crate::support::sdk::refusal;
use crate::support::until;

const STATE: &str = "400 InvalidServerlessCacheStateFault: Serverless cache is not in an available state to perform the \
                     requested action.";

fn prepare(emu: &TestEmu, name: &str) -> PrepareMigrationFluentBuilder {
    emu.client().prepare_migration().serverless_cache_name(name).customer_node_endpoint_list(source())
}

fn start(emu: &TestEmu, name: &str) -> StartMigrationFluentBuilder {
    emu.client().start_migration().serverless_cache_name(name)
}

/// Of the cache: its status, and its migration's status and cutover mode.
async fn shown(emu: &TestEmu, name: &str) -> [String; 3] {
    let cache = emu.find_serverless(name).await.expect("the cache is there");
    let migration = cache.migration.as_ref();
    let word = |word: Option<&str>| word.unwrap_or("-").to_owned();
    [
        word(cache.status()),
        word(migration.and_then(|migration| migration.status())),
        word(migration.and_then(|migration| migration.cutover_mode())),
    ]
}

async fn until_shown(emu: &TestEmu, name: &str, expected: [&str; 3]) {
    until(&format!("{name} is {expected:?}"), || async {
        (shown(emu, name).await == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_is_prepared_started_stopped_and_completed() {
    let emu = TestEmu::without_engines().await;
    let cache = emu.available_serverless("c", "valkey").await;
    assert_eq!(cache.migration, None);
    let secret = SecretManagerAuthConfig::builder()
        .secret_arn("arn:aws:secretsmanager:us-east-1:000000000000:secret:source-AbCdEf")
        .build();
    let tls = SourceTlsConfiguration::builder()
        .source_tls_mode(TlsMode::VerifyCa)
        .source_tls_certificate("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n")
        .build();
    let prepared = prepare(&emu, "c")
        .source_authentication_configuration(
            SourceAuthenticationConfiguration::builder().secret_manager_config(secret).build(),
        )
        .source_tls_configuration(tls);
    let prepared = prepared.send().await.unwrap().serverless_cache.unwrap();
    assert_eq!(prepared.status(), Some("modifying"));
    assert_eq!(prepared.migration().unwrap().status(), Some("preparing"));
    assert_eq!(prepared.migration().unwrap().migration_endpoint, cache.endpoint);
    until_shown(&emu, "c", ["available", "prepared", "manual"]).await;

    let started = start(&emu, "c").send().await.unwrap().serverless_cache.unwrap();
    assert_eq!(started.migration().unwrap().status(), Some("syncing"));
    emu.client().stop_migration().serverless_cache_name("c").send().await.unwrap();
    assert_eq!(shown(&emu, "c").await, ["available", "stopped", "manual"]);
    assert_eq!(
        refusal(start(&emu, "c").send().await),
        "400 InvalidParameterCombination: ClearTargetCacheData must be true to restart a migration that was stopped."
    );
    start(&emu, "c").clear_target_cache_data(true).send().await.unwrap();
    let complete = emu.client().complete_migration().serverless_cache_name("c").send().await.unwrap();
    assert_eq!(complete.serverless_cache.unwrap().migration().unwrap().status(), Some("cutover"));
    until_shown(&emu, "c", ["available", "-", "-"]).await;
    let nothing_moved =
        "No engine: Simfra runs with runtime none, so no data is migrated from 10.0.0.241:6379";
    assert_eq!(
        emu.told_of_serverless("c").await[1..],
        [nothing_moved, nothing_moved, "Complete Migration successful for c"]
    );
    prepare(&emu, "c").send().await.expect("it can be migrated into again");
}

#[tokio::test]
async fn with_auto_cutover_it_completes_by_itself() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("c", "redis").await;
    prepare(&emu, "c").send().await.unwrap();
    until_shown(&emu, "c", ["available", "prepared", "manual"]).await;
    let started = start(&emu, "c").auto_cutover(true).send().await.unwrap().serverless_cache.unwrap();
    assert_eq!(started.migration().unwrap().cutover_mode(), Some("automatic"));
    until_shown(&emu, "c", ["available", "-", "-"]).await;
    assert_eq!(emu.told_of_serverless("c").await.last().unwrap(), "Complete Migration successful for c");
}

#[tokio::test]
async fn a_cache_under_migration_changes_in_no_other_way() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("c", "valkey").await;
    prepare(&emu, "c").send().await.unwrap();
    until_shown(&emu, "c", ["available", "prepared", "manual"]).await;
    assert_eq!(
        refusal(prepare(&emu, "c").send().await),
        "400 ServerlessCacheAlreadyUnderMigrationFault: Serverless cache c is already under migration."
    );
    let client = emu.client();
    let modify = client.modify_serverless_cache().serverless_cache_name("c").description("new");
    assert_eq!(refusal(modify.send().await), STATE);
    assert_eq!(refusal(client.delete_serverless_cache().serverless_cache_name("c").send().await), STATE);
    let snapshot = client.create_serverless_cache_snapshot().serverless_cache_name("c");
    assert_eq!(refusal(snapshot.serverless_cache_snapshot_name("s").send().await), STATE);
    assert_eq!(refusal(client.stop_migration().serverless_cache_name("c").send().await), STATE);
    let complete = || client.complete_migration().serverless_cache_name("c");
    assert_eq!(
        refusal(complete().send().await),
        "400 MigrationHealthFault: The migration of serverless cache c is not healthy: no data sync is under way. Set \
         Force to true to bypass this check."
    );
    complete().force(true).send().await.unwrap();
    until_shown(&emu, "c", ["available", "-", "-"]).await;
    client.delete_serverless_cache().serverless_cache_name("c").send().await.unwrap();
}

/// What is under way for a moment alone, held there: with engines no serverless cache gets on.
#[tokio::test]
async fn what_is_under_way_is_waited_for() {
    let mut caches = Vec::new();
    {
        let emu = TestEmu::without_engines().await;
        for (name, step) in [
            ("preparing", MigrationStep::Preparing),
            ("syncing", MigrationStep::Syncing),
            ("cutover", MigrationStep::CuttingOver),
        ] {
            emu.available_serverless(name, "valkey").await;
            prepare(&emu, name).send().await.unwrap();
            until_shown(&emu, name, ["available", "prepared", "manual"]).await;
            let world = emu.store().read();
            let cache = world.all::<ServerlessCache>().find(|cache| cache.name.as_str() == name).unwrap();
            let mut cache = ServerlessCache::clone(cache);
            cache.migration.as_mut().unwrap().step = step;
            caches.push(cache);
        }
    }
    let emu = TestEmu::start().await;
    let put = emu.store().transact(move |tx| {
        caches.into_iter().for_each(|cache| tx.set(cache));
        Ok::<_, StoreError>(())
    });
    put.await.unwrap();
    let client = emu.client();
    for name in ["preparing", "cutover"] {
        assert_eq!(refusal(client.stop_migration().serverless_cache_name(name).send().await), STATE);
        let complete = client.complete_migration().serverless_cache_name(name).force(true);
        assert_eq!(refusal(complete.send().await), STATE);
    }
    for name in ["preparing", "syncing", "cutover"] {
        assert_eq!(refusal(start(&emu, name).send().await), STATE, "{name}");
    }
    let said = "501 NotImplemented: Simfra does not serve migrations with engines (they are there with SIMFRA_RUNTIME=none) \
                yet.";
    assert_eq!(refusal(client.stop_migration().serverless_cache_name("syncing").send().await), said);
    assert_eq!(refusal(client.complete_migration().serverless_cache_name("syncing").send().await), said);
    assert_eq!(shown(&emu, "syncing").await, ["available", "syncing", "manual"]);
}

#[tokio::test]
async fn a_cache_that_cannot_be_migrated_into_is_refused() {
    let emu = TestEmu::without_engines().await;
    emu.available_serverless("c", "valkey").await;
    emu.available_serverless("m", "memcached").await;
    for name in ["c", "x"] {
        let client = emu.client();
        let expected = match name {
            "c" => "400 ServerlessCacheNotUnderMigrationFault: Serverless cache c is not under migration.",
            _ => "404 ServerlessCacheNotFoundFault: Serverless cache x not found.",
        };
        assert_eq!(refusal(start(&emu, name).send().await), expected);
        assert_eq!(refusal(client.complete_migration().serverless_cache_name(name).send().await), expected);
        assert_eq!(refusal(client.stop_migration().serverless_cache_name(name).send().await), expected);
    }
    assert_eq!(
        refusal(prepare(&emu, "x").send().await),
        "404 ServerlessCacheNotFoundFault: Serverless cache x not found."
    );
    let one = "CustomerNodeEndpointList.member.1.Address=a&CustomerNodeEndpointList.member.1.Port=1";
    let two = "CustomerNodeEndpointList.member.2.Address=b&CustomerNodeEndpointList.member.2.Port=2";
    for (operation, query, expected) in [
        (
            "StopMigration",
            String::new(),
            "The parameter ServerlessCacheName must be provided and must not be null.",
        ),
        (
            "PrepareMigration",
            one.to_owned(),
            "The parameter ServerlessCacheName must be provided and must not be null.",
        ),
        (
            "PrepareMigration",
            "ServerlessCacheName=c".to_owned(),
            "The parameter CustomerNodeEndpointList must be provided and must not be null.",
        ),
        (
            "PrepareMigration",
            format!("ServerlessCacheName=c&{one}&{two}"),
            "CustomerNodeEndpointList must contain exactly one endpoint.",
        ),
        (
            "PrepareMigration",
            format!("ServerlessCacheName=m&{one}"),
            "Migration is not supported for serverless caches with engine memcached.",
        ),
        (
            "PrepareMigration",
            format!(
                "ServerlessCacheName=c&{one}&SourceAuthenticationConfiguration.SecretManagerConfig.SecretArn=arn:aws:s3:::x"
            ),
            "SecretArn must be the ARN of a secret in Secrets Manager.",
        ),
        (
            "PrepareMigration",
            format!("ServerlessCacheName=c&{one}&SourceTlsConfiguration.SourceTlsMode=maybe"),
            "Invalid value 'maybe' for SourceTlsMode. Valid values: none, verify-ca",
        ),
        (
            "PrepareMigration",
            format!("ServerlessCacheName=c&{one}&SourceTlsConfiguration.SourceTlsCertificate=x"),
            "SourceTlsCertificate must be a certificate in PEM.",
        ),
    ] {
        let reply = emu.ask(&post(&format!("Action={operation}&Version=2015-02-02&{query}")));
        assert_eq!(reply.error(), format!("400 InvalidParameterValue: {expected}"), "{operation} {query}");
    }
    assert_eq!(shown(&emu, "c").await, ["available", "-", "-"], "a refused request changed something");
    prepare(&emu, "c").send().await.unwrap();
    until_shown(&emu, "c", ["available", "prepared", "manual"]).await;
    let query = format!("Action=StartMigration&Version=2015-02-02&ServerlessCacheName=c&{one}");
    assert_eq!(
        emu.ask(&post(&query)).error(),
        "400 InvalidParameterCombination: CustomerNodeEndpointList must be the endpoint that PrepareMigration was given: \
         10.0.0.241:6379."
    );
}
