//! Keys that go from one engine to another.

use std::future::pending;
use std::time::Duration;

use dataplane::engine::{AtRecipient, Recipient, Sent, Session};
use dataplane::fault_point;
use dataplane::runtime::{BoxStream, RuntimeError};
use domain::cluster::CacheCluster;
use domain::ids::CacheClusterId;
use domain::replication_group::Slots;
use tokio::time::{Instant, sleep};

use super::{DONE_WITHIN, LOOKS_EVERY, Leader, absent};
use crate::reconcile::Reconciler;
use crate::reconcile::replication::node_of;
use crate::reconcile::silence::Order;
use crate::reconcile::steps::StepError;
use crate::store::GroupKey;

/// How long keys are sent before the others have a turn.
const ROUND: Duration = Duration::from_millis(250);
/// What the recipient of keys may take for a step: shorter than the sender may be silent, who waits for it.
const TAKES_KEYS_WITHIN: Duration = Duration::from_millis(300);
/// The same for one large key, while both are excused: at least, for each MiB more, and at most.
const TAKES_A_LARGE_KEY_WITHIN: Duration = Duration::from_secs(4);
const FOR_EACH_MIB: Duration = Duration::from_millis(250);
const TAKES_ANY_KEY_WITHIN: Duration = Duration::from_secs(300);
/// What comes to the time for a step that the sender may be silent: it packs what it sends.
const PACKS_WITHIN: Duration = Duration::from_secs(1);

/// How far the sending of a round's keys came.
pub(super) enum Progress {
    /// They are all there.
    All,
    /// Some are left, and others are to have a turn first.
    Some,
    /// The recipient does not take them.
    Refused(Refusal),
}

/// What a recipient does not take, and will not take another time.
pub(super) struct Refusal {
    /// A slot of which it does not take a key.
    pub(super) slot: u16,
    /// Why.
    pub(super) reason: Reason,
}

/// Why a key is not taken.
pub(super) enum Reason {
    /// There is no room for it, with what the engine says.
    NoRoom(String),
    /// It is not one for that engine, with what the engine says.
    Unfit(String),
}

impl Reconciler {
    /// Sends the slots' keys.
    pub(super) async fn send_keys(
        &self,
        source: &mut Leader<'_>,
        target: &CacheCluster,
        slots: &Slots,
    ) -> Result<Progress, StepError> {
        let recipient = self.recipient(target)?;
        let cluster = source.cluster;
        let session = source.first()?;
        let until = Instant::now() + ROUND;
        let held = async { Ok(session.held_slots(slots).await?) };
        let held = self.while_it_answers(cluster, DONE_WITHIN, held).await?;
        for (slot, _) in held {
            loop {
                if Instant::now() > until {
                    return Ok(Progress::Some);
                }
                let keys = self.keys_of_slot(cluster, session, slot).await?;
                if keys.is_empty() {
                    break;
                }
                let to = (target, &recipient);
                let refused = self.send_at_once((cluster, session), &keys, to, AtRecipient::Replaced).await?;
                if let Some(reason) = refused {
                    return Ok(Progress::Refused(Refusal { slot, reason }));
                }
                fault_point::pass("after send some keys");
            }
        }
        Ok(Progress::All)
    }

    pub(super) fn recipient(&self, member: &CacheCluster) -> Result<Recipient, StepError> {
        let node = node_of(member)?;
        Ok(Recipient {
            socket: self.answering(member).ok_or_else(|| absent(member))?,
            secrets: self.key.node(&member.node_id(node.id), node.generation),
        })
    }

    pub(super) async fn keys_of_slot(
        &self,
        cluster: &CacheCluster,
        session: &mut Session<BoxStream>,
        slot: u16,
    ) -> Result<Vec<Vec<u8>>, StepError> {
        let keys = async { Ok(session.keys_of_slot(slot).await?) };
        self.while_it_answers(cluster, DONE_WITHIN, keys).await
    }

    /// Sends these keys; where they cannot go together, each alone, for as long as a round. Why one is not taken, if one
    /// is not.
    pub(super) async fn send_at_once(
        &self,
        (cluster, session): (&CacheCluster, &mut Session<BoxStream>),
        keys: &[Vec<u8>],
        to: (&CacheCluster, &Recipient),
        there: AtRecipient,
    ) -> Result<Option<Reason>, StepError> {
        let sent = self.send_within((cluster, session), keys, to, there, TAKES_KEYS_WITHIN).await?;
        match sent {
            Sent::Taken => return Ok(None),
            Sent::NoRoom(said) => return Ok(Some(Reason::NoRoom(said))),
            Sent::BrokenOff(_) | Sent::IsThere | Sent::Refused(_) => {}
        }
        let until = Instant::now() + ROUND;
        for key in keys.chunks(1) {
            self.is_done_with_what_it_was_sent(to.0).await?;
            let size = async { Ok(session.size_of(&key[0]).await?) };
            let size = self.while_it_answers(cluster, DONE_WITHIN, size).await?;
            let within = takes_within(size.unwrap_or_default());
            match self.send_within((cluster, session), key, to, there, within).await? {
                Sent::Taken => {}
                // What the recipient has is younger: clients are served from there.
                Sent::IsThere => {
                    let dropped = async { Ok(session.drop_key(&key[0]).await?) };
                    self.while_it_answers(cluster, DONE_WITHIN, dropped).await?;
                }
                Sent::NoRoom(said) => return Ok(Some(Reason::NoRoom(said))),
                Sent::Refused(said) => return Ok(Some(Reason::Unfit(said))),
                Sent::BrokenOff(said) => {
                    self.is_done_with_what_it_was_sent(to.0).await?;
                    let said = format!("not taken within {} s: {said}", within.as_secs());
                    return Ok(Some(Reason::Unfit(said)));
                }
            }
            if Instant::now() > until {
                break;
            }
        }
        Ok(None)
    }

    async fn send_within(
        &self,
        (cluster, session): (&CacheCluster, &mut Session<BoxStream>),
        keys: &[Vec<u8>],
        (target, to): (&CacheCluster, &Recipient),
        there: AtRecipient,
        within: Duration,
    ) -> Result<Sent, StepError> {
        // The recipient takes several steps: it lets the sender in, reads what comes, and unpacks it.
        let all = (within + PACKS_WITHIN) * 3;
        let until = Instant::now() + all;
        let sends = self.excused.excuse(cluster.node_id(node_of(cluster)?.id), Order::Send { until });
        let takes = self.excused.excuse(target.node_id(node_of(target)?.id), Order::Take { until });
        let step = u32::try_from(within.as_millis()).unwrap_or(u32::MAX);
        let sent = async { Ok(session.send_keys(keys, to, there, step).await?) };
        tokio::select! {
            sent = self.while_it_answers(cluster, all.max(DONE_WITHIN), sent) => sent,
            lost = self.another_is_lost(cluster) => {
                // The engines go on with it all the same.
                sends.outlive();
                if lost != target.id {
                    takes.outlive();
                }
                Err(lost_meanwhile(cluster, &lost))
            }
        }
    }

    /// Waits until a member of the group besides this one, which is watched anyway, no longer answers: what is to become of it
    /// waits for the group's turn, and one key may take minutes.
    async fn another_is_lost(&self, watched: &CacheCluster) -> CacheClusterId {
        let Some(key) = GroupKey::of_member(watched) else { return pending().await };
        loop {
            sleep(LOOKS_EVERY).await;
            let members = {
                let world = self.store.read();
                world.replication_group(&key).map(|group| world.members(group)).unwrap_or_default()
            };
            let mut others = members.into_values().filter(|member| member.id != watched.id);
            if let Some(lost) = others.find(|member| self.answering(member).is_none()) {
                return lost.id;
            }
        }
    }

    /// A recipient that broke off may still take what it was sent, and is excused for as long as any key may last.
    async fn is_done_with_what_it_was_sent(&self, member: &CacheCluster) -> Result<(), StepError> {
        let Some(target) = self.target(member, node_of(member)?.id) else { return Err(absent(member)) };
        let until = Instant::now() + TAKES_ANY_KEY_WITHIN;
        let takes = self.excused.excuse(target.id.clone(), Order::Take { until });
        tokio::select! {
            answers = self.answers_in_the_end(&target) => if answers { Ok(()) } else { Err(absent(member)) },
            lost = self.another_is_lost(member) => {
                takes.outlive();
                Err(lost_meanwhile(member, &lost))
            }
        }
    }
}

fn lost_meanwhile(busy: &CacheCluster, lost: &CacheClusterId) -> StepError {
    let (verb, subject) = ("move keys with", busy.id.to_string());
    RuntimeError::Backend { verb, subject, reason: format!("{lost} was lost meanwhile") }.into()
}

/// What the taking of one key may last that is so large, in bytes.
fn takes_within(size: u64) -> Duration {
    let mib = u32::try_from(size >> 20).unwrap_or(u32::MAX);
    FOR_EACH_MIB.saturating_mul(mib).clamp(TAKES_A_LARGE_KEY_WITHIN, TAKES_ANY_KEY_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_time_that_its_size_asks_for() {
        let mib = |n: u64| takes_within(n << 20).as_secs();
        assert_eq!((mib(0), mib(16), mib(512), mib(1 << 40)), (4, 4, 128, 300));
    }
}
