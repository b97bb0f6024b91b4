//! Which reply answers which request: replies come in the order of the requests, with exceptions, which are here.

use std::collections::VecDeque;

/// Which kind of topology a reply tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// CLUSTER SLOTS.
    Slots,
    /// CLUSTER SHARDS.
    Shards,
    /// Lines of CLUSTER NODES, in one text or several.
    Nodes,
}

/// What is subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscription {
    Channel,
    Pattern,
    Shard,
}

/// A request, by what its reply will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Any reply.
    Other,
    /// Addresses.
    Telling(Telling),
    Multi,
    Exec,
    Discard,
    Reset,
    Hello,
    /// With how many channels: each is confirmed by itself.
    Subscribe(Subscription, usize),
    /// With how many channels; without any, all of the kind.
    Unsubscribe(Subscription, usize),
    /// From here on it is not known which reply answers what.
    Uncounted,
}

/// What is seen of a reply that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// `>`: nothing that was asked for, confirmations of subscriptions apart.
    Push,
    /// Anything else.
    Reply,
}

/// What a reply is that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What kind of reply it is at the outset: its sign.
    pub(super) sign: u8,
    /// Which word it is, or begins with.
    pub(super) word: SeenWord,
    /// The number that stands third in an array.
    pub(super) third: Option<u64>,
}

/// The words that matter in replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SeenWord {
    #[default]
    Other,
    Ok,
    Queued,
    Subscribe(Subscription),
    Unsubscribe(Subscription),
    Message,
}

/// What a reply that begins has to tell otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Expected {
    #[default]
    Nothing,
    /// It itself.
    Telling(Telling),
    /// These of its elements.
    Elements(Vec<(u64, Telling)>),
}

/// The requests that wait for replies.
#[derive(Debug, Default)]
pub(super) struct Order {
    asked: u64,
    answered: u64,
    /// Those that are not like others, by their places.
    marks: VecDeque<(u64, Request)>,
    transaction: Option<Transaction>,
    subscriptions: Subscriptions,
    /// Confirmations to come of the request that is answered now.
    confirmations: Option<u64>,
    /// Whether it is spoken: what is pushed is told from replies by its sign.
    resp3: bool,
    lost: bool,
}

#[derive(Debug, Default)]
struct Transaction {
    queued: u64,
    /// The commands in it that tell of topology, by their places.
    tellings: Vec<(u64, Telling)>,
    /// Whether it has commands whose replies do not stand in that of EXEC one by one.
    uncounted: bool,
}

/// How many there are of each kind.
#[derive(Debug, Default)]
struct Subscriptions {
    channels: u64,
    patterns: u64,
    shards: u64,
}

impl Order {
    /// The client asked this.
    pub(super) fn asked(&mut self, request: Request) {
        if self.lost {
            return;
        }
        match request {
            Request::Other => {}
            Request::Uncounted => self.lose_after(),
            _ => self.marks.push_back((self.asked, request)),
        }
        self.asked += 1;
    }

    /// From now on nothing is known of replies.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.marks.clear();
    }

    fn lose_after(&mut self) {
        self.marks.push_back((self.asked, Request::Uncounted));
    }

    fn front(&self) -> Option<Request> {
        self.marks.front().filter(|(place, _)| *place == self.answered).map(|(_, request)| *request)
    }

    /// Whether what a reply says matters, besides where it ends.
    pub(super) fn looks(&self) -> bool {
        !self.lost && (self.transaction.is_some() || self.subscriptions.any() || self.front().is_some())
    }

    /// What the reply that begins has to tell otherwise.
    pub(super) fn begins(&self, start: Start) -> Expected {
        match self.front().filter(|_| start == Start::Reply && !self.lost) {
            Some(Request::Telling(telling)) => Expected::Telling(telling),
            Some(Request::Exec) => match &self.transaction {
                Some(transaction) if !transaction.tellings.is_empty() => {
                    Expected::Elements(transaction.tellings.clone())
                }
                _ => Expected::Nothing,
            },
            _ => Expected::Nothing,
        }
    }

    /// A reply, or what was pushed, has ended.
    pub(super) fn ended(&mut self, start: Start, seen: Seen) {
        if self.lost {
            return;
        }
        let front = self.front();
        if let Some(request @ (Request::Subscribe(..) | Request::Unsubscribe(..))) = front
            && self.confirms(request, seen)
        {
            return;
        }
        if start == Start::Push || self.is_message(seen) {
            self.subscriptions.confirm(seen);
            return;
        }
        self.answered += 1;
        if front.is_some() {
            self.marks.pop_front();
        }
        match front {
            Some(Request::Uncounted) => self.lose(),
            Some(Request::Reset) if seen.sign == b'+' => {
                self.transaction = None;
                self.subscriptions = Subscriptions::default();
                self.resp3 = false;
            }
            Some(Request::Hello) if seen.sign == b'%' => self.resp3 = true,
            Some(Request::Hello) if seen.sign == b'*' => self.resp3 = false,
            Some(Request::Multi) if seen.word == SeenWord::Ok => {
                self.transaction = Some(Transaction::default())
            }
            Some(Request::Exec) => {
                if self.transaction.take().is_some_and(|transaction| transaction.uncounted) {
                    self.lose();
                }
            }
            Some(Request::Discard) if seen.word == SeenWord::Ok => self.transaction = None,
            front => self.queue(front, seen),
        }
    }

    /// What came while a transaction is open, and was not carried out yet.
    fn queue(&mut self, request: Option<Request>, seen: Seen) {
        let Some(transaction) = self.transaction.as_mut().filter(|_| seen.word == SeenWord::Queued) else {
            return;
        };
        match request {
            Some(Request::Telling(telling)) => transaction.tellings.push((transaction.queued, telling)),
            Some(Request::Subscribe(..) | Request::Unsubscribe(..) | Request::Hello) => {
                transaction.uncounted = true;
            }
            _ => {}
        }
        transaction.queued += 1;
    }

    /// Whether it confirms a part of the request that is answered now.
    fn confirms(&mut self, request: Request, seen: Seen) -> bool {
        let all = match (request, seen.word) {
            (Request::Subscribe(asked, channels), SeenWord::Subscribe(said)) if asked == said => {
                channels as u64
            }
            (Request::Unsubscribe(asked, 0), SeenWord::Unsubscribe(said)) if asked == said => {
                self.subscriptions.of(asked)
            }
            (Request::Unsubscribe(asked, channels), SeenWord::Unsubscribe(said)) if asked == said => {
                channels as u64
            }
            _ => return false,
        };
        let left = self.confirmations.take().unwrap_or(all.max(1)) - 1;
        self.subscriptions.confirm(seen);
        if left > 0 {
            self.confirmations = Some(left);
        } else {
            self.answered += 1;
            self.marks.pop_front();
        }
        true
    }

    /// Whether it came for a subscription: before RESP3 no other array begins so while there are any.
    fn is_message(&self, seen: Seen) -> bool {
        let word = matches!(seen.word, SeenWord::Message | SeenWord::Unsubscribe(Subscription::Shard));
        word && !self.resp3 && self.subscriptions.any()
    }
}

impl Subscriptions {
    fn any(&self) -> bool {
        self.channels + self.patterns + self.shards > 0
    }

    fn of(&self, kind: Subscription) -> u64 {
        match kind {
            Subscription::Channel => self.channels,
            Subscription::Pattern => self.patterns,
            Subscription::Shard => self.shards,
        }
    }

    /// Takes over how many there are now: channels and patterns are told together.
    fn confirm(&mut self, seen: Seen) {
        let (SeenWord::Subscribe(kind) | SeenWord::Unsubscribe(kind), Some(all)) = (seen.word, seen.third)
        else {
            return;
        };
        match kind {
            Subscription::Channel => self.channels = all.saturating_sub(self.patterns),
            Subscription::Pattern => self.patterns = all.saturating_sub(self.channels),
            Subscription::Shard => self.shards = all,
        }
    }
}
