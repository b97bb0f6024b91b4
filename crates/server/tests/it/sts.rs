//! STS: GetCallerIdentity, and that the rest of the service is refused by name.

use crate::support::emu::TestEmu;
use crate::support::raw::post;
use crate::support::signer::Signer;

#[tokio::test]
async fn a_caller_is_the_root_of_its_account() {
    let emu = TestEmu::start().await;
    for (key, account, region, partition) in [
        ("111122223333", "111122223333", "us-east-1", "aws"),
        ("AKIASOMEBODYELSES123", "000000000000", "eu-west-1", "aws"),
        ("111122223333", "111122223333", "cn-north-1", "aws-cn"),
    ] {
        let now = emu.stage().clock.now().as_second().cast_unsigned();
        let signer = Signer { key: (key, "anything"), service: "sts", region, ..Signer::root(now) };
        let reply = emu.ask(&signer.post("Action=GetCallerIdentity&Version=2011-06-15"));
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.element("Account"), account);
        assert_eq!(reply.element("UserId"), account);
        assert_eq!(reply.element("Arn"), format!("arn:{partition}:iam::{account}:root"));
        assert!(reply.body.starts_with(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
        ));
    }
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_name() {
    let emu = TestEmu::start().await;
    let reply = emu.ask(&post("Action=AssumeRole&Version=2011-06-15"));
    assert_eq!(reply.error(), "501 NotImplemented: Simfra does not implement the operation AssumeRole yet.");
}
