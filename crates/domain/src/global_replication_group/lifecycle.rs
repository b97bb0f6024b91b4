//! Where a global datastore stands, and how it gets on: pure, from its row and its members'.

use serde::{Deserialize, Serialize};

use super::{Association, GlobalMembership, GlobalReplicationGroup, GlobalRole, Regional};
use crate::ids::Region;
use crate::replication_group::Phase as GroupPhase;

/// Where a global datastore stands. What is under way settles when its members' own is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Its first member is taken in.
    Creating,
    /// Nothing is under way.
    Available,
    /// Members come or go, or change.
    Modifying,
    /// Another member becomes the primary.
    FailingOver {
        /// Where it lies.
        to: Region,
    },
    /// It goes, and leaves its primary.
    Deleting,
}

/// One step of a global datastore. Each is one transaction, and doing it twice does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Every member is as it shall be: record the transition's end.
    Settle,
    /// The row goes.
    Forget,
}

impl GlobalReplicationGroup {
    /// The next step; none: there is nothing to do, or members are yet to get on. `regionals` are the groups of its
    /// members, as far as they are there.
    pub fn progress(&self, regionals: &[Regional]) -> Option<Progress> {
        let got_on = |regional: &Regional| {
            matches!(regional.group.phase, GroupPhase::Available | GroupPhase::CreateFailed { .. })
        };
        match self.phase {
            Phase::Available => None,
            Phase::Creating | Phase::Modifying | Phase::FailingOver { .. } => {
                regionals.iter().all(got_on).then_some(Progress::Settle)
            }
            Phase::Deleting => Some(Progress::Forget),
        }
    }

    /// What was under way is over: members that came are in, those that went or could not be made stand alone.
    pub fn settle(&mut self, regionals: &mut [Regional]) {
        self.members.retain(|member| {
            let of_it = |regional: &&Regional| member.is(&regional.group);
            let made = regionals.iter().find(of_it).is_some_and(|regional| regional.group.served);
            made && member.state != Association::Disassociating
        });
        for member in &mut self.members {
            member.state = Association::Associated;
            if let Phase::FailingOver { to } = &self.phase {
                member.role = if member.region == *to { GlobalRole::Primary } else { GlobalRole::Secondary };
            }
        }
        self.phase = Phase::Available;
        self.tell_members(regionals);
    }

    /// It goes: its members stand alone.
    pub fn leave_all(&mut self, regionals: &mut [Regional]) {
        self.members.clear();
        self.tell_members(regionals);
    }

    /// Members' groups know what they are to it.
    pub fn tell_members(&self, regionals: &mut [Regional]) {
        for Regional { group, .. } in regionals {
            let role = self.role_of(&group.id, &group.scope.region);
            group.global = role.map(|role| GlobalMembership { id: self.id.clone(), role });
        }
    }
}
