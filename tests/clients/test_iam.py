"""Users of IAM: redis-py signs in with tokens that botocore makes, as AWS's user guide shows it."""

from contextlib import contextmanager
from urllib.parse import ParseResult, urlencode, urlunparse

import botocore.session
import pytest
import redis
from botocore.credentials import Credentials
from botocore.model import ServiceId
from botocore.signers import RequestSigner

import groups
import test_transit_preferred as transit
from simfra import KEY_ID, REGION, SECRET, Simfra
from test_rbac import active, group_active
from test_transit_preferred import authority, members  # noqa: F401
from waiting import until

ENGINES = ["redis", "valkey"]
WRONG = "WRONGPASS invalid username-password pair or user is disabled."
PASSWORD = "a-password-of-a-test-user"


class Tokens(redis.CredentialProvider):
    """The user guide's ElastiCacheIAMProvider."""

    def __init__(self, user: str, cache: str, key: str = KEY_ID, secret: str = SECRET, **otherwise):
        self.user, self.cache, self.otherwise = user, cache, {"region": REGION, "expires": 900, "named": user} | otherwise
        credentials, region = Credentials(key, secret), self.otherwise["region"]
        # The signer does not keep it.
        self.events = events = botocore.session.get_session().get_component("event_emitter")
        self.signer = RequestSigner(ServiceId("elasticache"), region, "elasticache", "v4", credentials, events)

    def get_credentials(self) -> tuple[str, str]:
        query = {"Action": "connect", "User": self.otherwise["named"]}
        parts = ParseResult("https", self.cache, "/", "", urlencode(query), "")
        request = {"method": "GET", "url": urlunparse(parts), "body": {}, "headers": {}, "context": {}}
        signed = self.signer.generate_presigned_url(
            request, operation_name="connect", expires_in=self.otherwise["expires"],
            region_name=self.otherwise["region"],
        )
        return self.user, signed.removeprefix("https://")


@pytest.fixture(scope="module", params=ENGINES)
def guarded(request, simfra) -> str:
    """A group that lets in a user of IAM, and one with a password."""
    engine, name = request.param, f"iam-{request.param}"
    create = simfra.elasticache.create_user
    by_iam = {"AuthenticationMode": {"Type": "iam"}, "Engine": engine, "AccessString": "on ~app:* +@all"}
    create(UserId=f"{engine}-app", UserName=f"{engine}-app", **by_iam)
    create(UserId=f"{engine}-late", UserName=f"{engine}-late", **by_iam)
    create(UserId=f"{engine}-pw", UserName="pw", Engine=engine, AccessString="on ~* +@all", Passwords=[PASSWORD])
    users = [f"{engine}-app", f"{engine}-pw"]
    if engine == "redis":
        create(UserId="off", UserName="default", Engine=engine, AccessString="off -@all", NoPasswordRequired=True)
        users.append("off")
    simfra.elasticache.create_user_group(UserGroupId=name, Engine=engine, UserIds=users)
    groups.create(simfra, name, Engine=engine, TransitEncryptionEnabled=True, UserGroupIds=[name])
    return name


def app(guarded: str) -> str:
    return f"{guarded.removeprefix('iam-')}-app"


@contextmanager
def at(simfra: Simfra, member: str, authority: str, **options):
    """redis-py with TLS where the member's own name leads, in the VPC."""
    with transit.at(simfra, member, **(transit.with_tls(authority) | options)) as client:
        yield client


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_token_lets_in_at_every_member(simfra, guarded, authority, protocol):
    tokens = Tokens(app(guarded), guarded)
    primary, replica = members(simfra, guarded)
    with at(simfra, primary, authority, credential_provider=tokens, protocol=protocol) as client:
        assert client.execute_command("ACL", "WHOAMI") == app(guarded)
        assert client.set("app:key", "value") and client.wait(1, 5000) == 1
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.get("other:key")
    with at(simfra, replica, authority, credential_provider=tokens, protocol=protocol) as client:
        assert client.get("app:key") == "value"
    with at(simfra, primary, authority, username="pw", password=PASSWORD, protocol=protocol) as client:
        assert client.get("app:key") == "value"


def test_a_bad_token_keeps_out(simfra, guarded, authority):
    name = app(guarded)
    engine = guarded.removeprefix("iam-")
    bad = {
        "another cache": Tokens(name, "another-group"),
        "another user's": Tokens(name, guarded, named="somebody"),
        "another region": Tokens(name, guarded, region="eu-west-1"),
        "a wrong secret": Tokens(name, guarded, secret="x" * 40),
        "another account's": Tokens(name, guarded, key="111122223333"),
        "over at once": Tokens(name, guarded, expires=0),
        "for too long": Tokens(name, guarded, expires=901),
        "a user who is not in": Tokens(f"{engine}-late", guarded),
        "a user with a password": Tokens("pw", guarded),
    }
    for member in members(simfra, guarded):
        for why, tokens in bad.items():
            with at(simfra, member, authority, credential_provider=tokens, protocol=2) as client:
                with pytest.raises(redis.exceptions.AuthenticationError) as refused:
                    client.ping()
                assert str(refused.value) == WRONG.removeprefix("WRONGPASS "), why
        with at(simfra, member, authority, username=name, password="no token") as client:
            with pytest.raises(redis.exceptions.AuthenticationError):
                client.ping()


def test_keys_that_nobody_knows_are_good_in_the_default_account(simfra, guarded, authority):
    """`SIMFRA_AUTH` is `lenient`, which takes any credentials but known ones with a wrong signature."""
    tokens = Tokens(app(guarded), guarded, key="AKIAUNKNOWNTOSIMFRA1", secret="x" * 40)
    with at(simfra, members(simfra, guarded)[0], authority, credential_provider=tokens) as client:
        assert client.ping()


def test_a_token_prolongs_and_is_no_good_in_a_transaction_nor_without_tls(simfra, guarded, authority):
    name = app(guarded)
    tokens = Tokens(name, guarded)
    with at(simfra, members(simfra, guarded)[0], authority, credential_provider=tokens, single_connection_client=True) as client:
        assert client.execute_command("AUTH", *tokens.get_credentials()), "again, on the same connection"
        assert client.execute_command("MULTI")
        with pytest.raises(redis.exceptions.AuthenticationWrongNumberOfArgsError):
            client.execute_command("AUTH", *tokens.get_credentials())
        with pytest.raises(redis.exceptions.ExecAbortError):
            client.execute_command("EXEC")
        with pytest.raises(redis.exceptions.AuthenticationError):
            client.execute_command("AUTH", name, "no token")
        assert client.get("app:key") == "value", "who is in stays"
        large = "x" * 10_000_000
        with client.pipeline() as pipe:
            assert pipe.set("app:large", large).get("app:large").delete("app:large").execute() == [True, large, 1]
    with at(simfra, members(simfra, guarded)[0], authority, ssl=False) as client:
        with pytest.raises(redis.ConnectionError):
            client.ping()


def test_users_of_iam_come_and_go_while_others_are_served(simfra, guarded, authority):
    engine = guarded.removeprefix("iam-")
    late, tokens = f"{engine}-late", Tokens(f"{engine}-late", guarded)
    with at(simfra, members(simfra, guarded)[0], authority, credential_provider=Tokens(app(guarded), guarded)) as client:
        assert client.ping()
        simfra.elasticache.modify_user_group(UserGroupId=guarded, UserIdsToAdd=[late])
        group_active(simfra, guarded)
        for member in members(simfra, guarded):
            with at(simfra, member, authority, credential_provider=tokens) as other:
                assert other.ping()
        simfra.elasticache.modify_user(UserId=late, AuthenticationMode={"Type": "password", "Passwords": [PASSWORD]})
        active(simfra, late)
        for member in members(simfra, guarded):
            with at(simfra, member, authority, username=late, password=PASSWORD) as other:
                assert other.ping()
            with at(simfra, member, authority, credential_provider=tokens) as other:
                with pytest.raises(redis.exceptions.AuthenticationError):
                    other.ping()
        simfra.elasticache.modify_user_group(UserGroupId=guarded, UserIdsToRemove=[late])
        group_active(simfra, guarded)
        assert client.ping()


def test_a_running_group_gets_its_first_user_of_iam(simfra, guarded, authority):
    """Its engines move behind proxies while clients write."""
    engine = guarded.removeprefix("iam-")
    name = f"first-{engine}"
    others = ["default" if engine == "redis" else f"{engine}-pw"]
    simfra.elasticache.create_user_group(UserGroupId=name, Engine=engine, UserIds=others)
    groups.create(simfra, name, Engine=engine, TransitEncryptionEnabled=True, UserGroupIds=[name])
    signs_in = {} if engine == "redis" else {"username": "pw", "password": PASSWORD}
    with at(simfra, members(simfra, name)[0], authority, **signs_in) as client:
        with groups.Writer(client) as writer:
            simfra.elasticache.modify_user_group(UserGroupId=name, UserIdsToAdd=[app(guarded)])
            group_active(simfra, name)
            writer.wrote_on()
        assert writer.lost(client) == []
    for member in members(simfra, name):
        with at(simfra, member, authority, credential_provider=Tokens(app(guarded), name)) as client:
            assert client.ping()
    groups.delete(simfra, name)
    simfra.elasticache.delete_user_group(UserGroupId=name)


def test_tokens_are_good_on_nodes_that_return(simfra, guarded, authority):
    before = members(simfra, guarded)[0]
    simfra.elasticache.test_failover(ReplicationGroupId=guarded, NodeGroupId="0001")
    assert members(simfra, guarded)[1] == before
    for member in members(simfra, guarded):
        with at(simfra, member, authority, credential_provider=Tokens(app(guarded), guarded)) as client:
            until(lambda: client.get("app:key") == "value", "it has its data")
