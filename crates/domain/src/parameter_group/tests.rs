use super::*;

#[test]
fn each_family_has_its_default_groups() {
    let names: Vec<_> = CacheParameterGroup::defaults().iter().map(|g| g.name.as_str()).collect();
    expect_test::expect![[r"
        default.memcached1.4
        default.memcached1.5
        default.memcached1.6
        default.redis2.6
        default.redis2.8
        default.redis3.2
        default.redis3.2.cluster.on
        default.redis4.0
        default.redis4.0.cluster.on
        default.redis5.0
        default.redis5.0.cluster.on
        default.redis6.x
        default.redis6.x.cluster.on
        default.redis7
        default.redis7.cluster.on
        default.valkey7
        default.valkey7.cluster.on
        default.valkey8
        default.valkey8.cluster.on
        default.valkey9
        default.valkey9.cluster.on"]]
    .assert_eq(&names.join("\n"));
    let redis7 =
        CacheParameterGroup::defaults().iter().find(|g| g.name.as_str() == "default.redis7").unwrap();
    assert_eq!(redis7.description, "Default parameter group for redis7");
    assert!(redis7.is_default());
    assert_eq!(
        redis7.arn(&Scope::for_tests()).to_string(),
        "arn:aws:elasticache:us-east-1:000000000000:parametergroup:default.redis7"
    );
}
