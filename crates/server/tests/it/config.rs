//! The command line and the environment, as the binary itself takes them.

use std::process::{Command, Output};

use expect_test::expect;

/// Runs `simfra` with nothing in its environment but `variables`.
fn simfra(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simfra"))
        .env_clear()
        .envs(variables.iter().copied())
        .args(arguments)
        .output()
        .unwrap()
}

/// What a start that is refused says: one line.
fn refusal(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = simfra(variables, arguments);
    assert_eq!(output.status.code(), Some(1), "{variables:?} {arguments:?}: {output:?}");
    assert_eq!(output.stdout, b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_bad_value_is_named_with_its_variable_and_what_is_accepted() {
    let bad = [
        ("SIMFRA_DOCKER", "yes"),
        ("SIMFRA_RUNTIME", "podman"),
        ("SIMFRA_HOST", "localhost"),
        ("SIMFRA_PORT", "0"),
        ("SIMFRA_PORT", "65536"),
        ("SIMFRA_INSTANCE", "My Own"),
        ("SIMFRA_ELASTICACHE_IMAGE_REDIS", "redis 7"),
        ("SIMFRA_ENGINE_FALLBACK", "guess"),
        ("SIMFRA_PORT_FORWARD_PORT_RANGE", "11899-11800"),
        ("SIMFRA_DNS_PORT_RANGE", "all"),
        ("SIMFRA_VPC_ISOLATION", "no"),
        ("SIMFRA_ELASTICACHE_PORT_RANGE", "0-1"),
        ("SIMFRA_VPC_POOL", "10.200.0.0-9.0.0.0"),
        ("SIMFRA_DNS_SUFFIX", ".dev"),
        ("SIMFRA_QUOTAS", "none"),
        ("SIMFRA_DEFAULT_ACCOUNT_ID", "12"),
        ("SIMFRA_DEFAULT_REGION", "Virginia"),
        ("SIMFRA_ROOT_ACCESS_KEY_ID", "short"),
        ("SIMFRA_AUTH", "maybe"),
        ("SIMFRA_ADMIN_TOKEN", "with blanks"),
        ("SIMFRA_ALLOWED_HOSTS", "good,http://bad"),
        ("SIMFRA_ALLOW_REMOTE", "sure"),
        ("SIMFRA_LOG", "a=b=c"),
        ("SIMFRA_LOG_FORMAT", "xml"),
    ];
    let said: String = bad.iter().map(|variable| refusal(&[*variable], &[])).collect();
    expect![[r#"
        simfra: SIMFRA_DOCKER: 'yes' is not accepted; expected true or false
        simfra: SIMFRA_RUNTIME: 'podman' is not accepted; expected one of auto, docker, process, none
        simfra: SIMFRA_HOST: 'localhost' is not accepted; expected an address of this machine like 127.0.0.1, or 0.0.0.0 for all of them
        simfra: SIMFRA_PORT: '0' is not accepted; expected a port from 1 to 65535
        simfra: SIMFRA_PORT: '65536' is not accepted; expected a port from 1 to 65535
        simfra: SIMFRA_INSTANCE: 'My Own' is not accepted; expected a name of 1 to 32 lower-case letters, digits and hyphens, without a hyphen at its ends
        simfra: SIMFRA_ELASTICACHE_IMAGE_REDIS: 'redis 7' is not accepted; expected an image like redis:7
        simfra: SIMFRA_ENGINE_FALLBACK: 'guess' is not accepted; expected one of fail, warn
        simfra: SIMFRA_PORT_FORWARD_PORT_RANGE: '11899-11800' is not accepted; expected a range of ports like 11800-11899, lower one first
        simfra: SIMFRA_DNS_PORT_RANGE: 'all' is not accepted; expected a range of ports like 11800-11899, lower one first
        simfra: SIMFRA_VPC_ISOLATION: 'no' is not accepted; expected true or false
        simfra: SIMFRA_ELASTICACHE_PORT_RANGE: '0-1' is not accepted; expected a range of ports like 11800-11899, lower one first
        simfra: SIMFRA_VPC_POOL: '10.200.0.0-9.0.0.0' is not accepted; expected the base addresses of two private /16 networks like 10.200.0.0-10.255.0.0, lower one first
        simfra: SIMFRA_DNS_SUFFIX: '.dev' is not accepted; expected a DNS name like simfra.dev
        simfra: SIMFRA_QUOTAS: 'none' is not accepted; expected one of aws, off
        simfra: SIMFRA_DEFAULT_ACCOUNT_ID: '12' is not accepted; expected an account id of 12 digits
        simfra: SIMFRA_DEFAULT_REGION: 'Virginia' is not accepted; expected a region's name like us-east-1
        simfra: SIMFRA_ROOT_ACCESS_KEY_ID: 'short' is not accepted; expected an access key id of 16 to 128 letters and digits
        simfra: SIMFRA_AUTH: 'maybe' is not accepted; expected one of off, lenient, strict
        simfra: SIMFRA_ADMIN_TOKEN: '…' is not accepted; expected printable ASCII without blanks
        simfra: SIMFRA_ALLOWED_HOSTS: 'http://bad' is not accepted; expected a comma-separated list of host names or addresses, without ports
        simfra: SIMFRA_ALLOW_REMOTE: 'sure' is not accepted; expected true or false
        simfra: SIMFRA_LOG: 'a=b=c' is not accepted; expected a level (error, warn, info, debug, trace) or a filter like info,server=debug
        simfra: SIMFRA_LOG_FORMAT: 'xml' is not accepted; expected one of text, json
    "#]].assert_eq(&said);
}

#[test]
fn a_flag_says_the_same_and_goes_before_its_variable() {
    let said = refusal(&[("SIMFRA_PORT", "4599")], &["--port", "x"]);
    assert_eq!(said, "simfra: SIMFRA_PORT: 'x' is not accepted; expected a port from 1 to 65535\n");
    let said = refusal(&[], &["--prot", "1"]);
    assert_eq!(said, "simfra: unexpected argument '--prot' found; `simfra --help` lists what there is\n");
}

#[test]
fn what_this_version_does_not_have_is_refused_by_name() {
    let variable = "SIMFRA_UPSTREAM_ENDPOINT";
    let said = refusal(&[(variable, "x")], &[]);
    assert_eq!(
        said,
        format!(
            "simfra: {variable}=x is not accepted; {variable} is not built yet in this version; unset it\n"
        )
    );
}

#[test]
fn settings_that_exclude_each_other_are_refused() {
    let said = refusal(&[("SIMFRA_DOCKER", "false"), ("SIMFRA_RUNTIME", "docker")], &[]);
    assert_eq!(
        said,
        "simfra: SIMFRA_DOCKER=false and SIMFRA_RUNTIME=docker exclude each other: unset one of them\n"
    );
}

#[test]
fn listening_beyond_this_machine_needs_protection() {
    for variables in [
        &[("SIMFRA_HOST", "0.0.0.0")][..],
        &[("SIMFRA_HOST", "0.0.0.0"), ("SIMFRA_ADMIN_TOKEN", "t")],
        &[("SIMFRA_HOST", "::"), ("SIMFRA_AUTH", "strict")],
        &[("SIMFRA_HOST", "0.0.0.0"), ("SIMFRA_ALLOW_REMOTE", "false")],
    ] {
        let said = refusal(variables, &[]);
        assert!(
            said.contains("SIMFRA_ADMIN_TOKEN and SIMFRA_AUTH=strict, or SIMFRA_ALLOW_REMOTE=true"),
            "{said}"
        );
    }
}

#[test]
fn help_lists_every_variable_and_no_secret() {
    let secrets = [("SIMFRA_ADMIN_TOKEN", "hush-hush"), ("SIMFRA_ROOT_SECRET_ACCESS_KEY", "hush-hush")];
    let output = simfra(&secrets, &["--help"]);
    assert!(output.status.success(), "{output:?}");
    let help = String::from_utf8(output.stdout).unwrap();
    for variable in [
        "DOCKER",
        "RUNTIME",
        "HOST",
        "PORT",
        "INSTANCE",
        "ELASTICACHE_IMAGE_REDIS",
        "ELASTICACHE_IMAGE_VALKEY",
        "ELASTICACHE_IMAGE_MEMCACHED",
        "ENGINE_FALLBACK",
        "ENGINE_PATH",
        "PORT_FORWARD_PORT_RANGE",
        "DNS_PORT_RANGE",
        "VPC_ISOLATION",
        "ELASTICACHE_PORT_RANGE",
        "VPC_POOL",
        "DNS_SUFFIX",
        "DATA_DIR",
        "QUOTAS",
        "DEFAULT_ACCOUNT_ID",
        "DEFAULT_REGION",
        "ROOT_ACCESS_KEY_ID",
        "ROOT_SECRET_ACCESS_KEY",
        "AUTH",
        "ADMIN_TOKEN",
        "ALLOWED_HOSTS",
        "ALLOW_REMOTE",
        "LOG",
        "LOG_FORMAT",
    ] {
        assert!(help.contains(&format!("[env: SIMFRA_{variable}")), "{variable}");
        let flag = variable.to_lowercase().replace('_', "-");
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
    assert!(!help.contains("hush-hush") && !help.contains("wJalrXUtnFEMI"), "{help}");
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let flags = ["--admin-token", "hush-hush", "--root-secret-access-key", "quiet-quiet"];
    let shown = format!("{:?}", server::config::Config::of_flags(flags).unwrap());
    assert!(shown.contains("AKIAIOSFODNN7EXAMPLE"), "{shown}");
    assert!(!shown.contains("hush-hush") && !shown.contains("quiet-quiet"), "{shown}");
}
