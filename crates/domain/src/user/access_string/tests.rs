use super::*;
use crate::user::UserRejection as Refused;

#[track_caller]
fn refused(text: &str, expected: Refused) {
    assert_eq!(AccessString::parse(text), Err(expected), "{text}");
}

#[test]
fn rules_of_acls_are_taken_as_they_were_written() {
    for good in [
        "on ~* +@all",
        "off -@all",
        "on ~app::* -@all +@read",
        "on ~objects:* ~items:* ~public:* &news.* +get +config-like|sub -FLUSHALL",
        "ON AllKeys allchannels AllCommands",
        "on resetkeys %R~read:* %W~write:* %rw~both:* resetchannels +@JSON +json.get",
        "on ~a* +@all (~b* +get) (%R~c +@read)",
        "on ~) +@all",
    ] {
        assert_eq!(AccessString::parse(good).map(|a| a.as_str().to_owned()), Ok(good.to_owned()));
    }
    assert_eq!(AccessString::parse("  on\t~*  +@all ").unwrap().as_str(), "on ~* +@all");
}

#[test]
fn what_is_no_rule_or_not_allowed_is_refused() {
    let bad = |rule: &str| Refused::BadRule(rule.to_owned());
    refused("on ~", bad("~"));
    refused("on &", bad("&"));
    refused("on +", bad("+"));
    refused("on nonsense", bad("nonsense"));
    refused("on %X~a", bad("%X~a"));
    refused("on %R~", bad("%R~"));
    refused("on %R", bad("%R"));
    refused("on +get|", bad("+get|"));
    refused("on +g*t", bad("+g*t"));
    refused("on é", bad("é"));
    refused("on +@nothing", Refused::NoSuchCategory("nothing".into()));
    refused("on +config", Refused::ForbiddenCommand("config".into()));
    refused("on +CONFIG|get", Refused::ForbiddenCommand("config|get".into()));
    refused("on +acl|setuser", Refused::ForbiddenCommand("acl|setuser".into()));
    assert!(AccessString::parse("on +acl|whoami +cluster|info").is_ok());
    for secret in [">secret", "<secret", "#5e88", "!5e88", "nopass", "RESETPASS"] {
        refused(&format!("on {secret}"), Refused::PasswordInAccessString);
    }
    refused("reset on", Refused::Reset);
    for selector in ["on (~a", "on (~a (+get))", "on (on ~a)"] {
        let refusal = AccessString::parse(selector).unwrap_err();
        assert!(matches!(refusal, Refused::Selector | Refused::BadRule(_)), "{selector}: {refusal}");
    }
}

#[test]
fn what_is_appended_counts_last() {
    let before = AccessString::parse("off ~app:* -@all +@read").unwrap();
    let with = |text: &str| before.with(text).unwrap().as_str().to_owned();
    assert_eq!(with("on ~* +@all"), "on ~app:* -@all +@read ~* +@all");
    assert_eq!(with("-get"), "off ~app:* -@all +@read -get");
    assert_eq!(with("-@all"), "off ~app:* +@read -@all");
    assert_eq!(with("(~b +get)"), "off ~app:* -@all +@read (~b +get)");
    assert_eq!(AccessString::everything().with("on ~* +@all").unwrap(), AccessString::everything());
    assert_eq!(before.with("reset"), Err(Refused::Reset));
}

#[test]
fn permissions_by_read_and_write_need_version_7() {
    let needs = |text: &str| AccessString::parse(text).unwrap().needs_version_7();
    assert!(!needs("on ~* +@all"));
    assert!(needs("on %R~* +@all"));
    assert!(needs("on (~a +get)"));
}
