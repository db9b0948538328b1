//! What the content of one transaction may weigh: Sentry refuses one that is larger than 1 MB as a whole.
//!
//! The first half of the room is for whoever comes first. From then on each span gets a share of what is left, so that the
//! last call of a long run still shows its newest message and its answer; and system instructions and tool definitions that an
//! earlier span holds are named by a marker.

mod cut;
#[cfg(test)]
mod tests;

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use self::cut::{Form, cut};
use super::attributes::{Attributes, names};
use super::escape::encoded_len;
use crate::bounded::Bounded;

/// The bytes of content in one transaction, as they stand in its envelope.
const PER_TRANSACTION: usize = 600_000;
/// The bytes of content in a span that travels by itself: Sentry trims one that is larger than 1 MB.
const PER_SPAN: usize = 900_000;
/// What is given without looking at those who come later.
const UNSHARED: usize = PER_TRANSACTION / 2;
/// Among how many spans the rest is shared at first; each that has had a share makes them one more.
const SHARES: usize = 32;
/// The least share, as long as there is room, in bytes.
const LEAST: usize = 512;
/// The texts of one transaction that are known again.
const KNOWN: usize = 64;

static LEDGER: LazyLock<Mutex<Ledger>> = LazyLock::new(Mutex::default);

/// Takes what the content among a span's attributes weighs from what its transaction may hold. What has no room is cut, so
/// that the newest messages stay, or replaced by a marker.
///
/// A transaction is known by the span id of its root; `own` is the span's own.
pub(crate) fn spend(root: [u8; 8], own: [u8; 8], attributes: &mut Attributes) {
    spend_from(ledger, root, own, attributes);
}

/// Cuts the content of a span that travels by itself to what one span may hold.
pub(crate) fn bound(attributes: &mut Attributes) {
    let content = attributes.iter_mut().filter_map(Content::of);
    let mut content: Vec<_> = content.collect();
    fit(&mut content, PER_SPAN);
}

fn ledger() -> MutexGuard<'static, Ledger> {
    LEDGER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The ledger is not held while content is cut.
fn spend_from<L: std::ops::DerefMut<Target = Ledger>>(
    mut ledger: impl FnMut() -> L,
    root: [u8; 8],
    own: [u8; 8],
    attributes: &mut Attributes,
) {
    let content = attributes.iter_mut().filter_map(Content::of);
    let mut content: Vec<_> = content.collect();
    if content.is_empty() {
        return;
    }
    let granted = ledger().grant(root, own, &mut content);
    let spent = fit(&mut content, granted);
    if spent != granted {
        ledger().give_back(root, granted, spent);
    }
}

#[derive(Default)]
struct Ledger {
    accounts: Bounded<[u8; 8], Account>,
}

struct Account {
    left: usize,
    /// How many spans have had a share.
    shares: usize,
    known: Vec<Known>,
}

/// A text that a span of the transaction holds.
struct Known {
    fingerprint: (u64, usize),
    span: [u8; 8],
}

/// An attribute that is content.
struct Content<'a> {
    form: Form,
    value: &'a mut Value,
    /// Its bytes in the envelope.
    weight: usize,
    /// Of what is often the same from call to call.
    fingerprint: Option<(u64, usize)>,
}

impl<'a> Content<'a> {
    fn of((name, value): (&'static str, &'a mut Value)) -> Option<Self> {
        let form = match name {
            names::INPUT_MESSAGES => Form::Input,
            names::OUTPUT_MESSAGES => Form::Output,
            names::SYSTEM_INSTRUCTIONS => Form::System,
            names::TOOL_DEFINITIONS => Form::Tools,
            names::EMBEDDINGS_INPUT
            | names::TOOL_CALL_ARGUMENTS
            | names::TOOL_CALL_RESULT
            | names::TOOL_DESCRIPTION => Form::Text,
            _ => return None,
        };
        let text = value.as_str().unwrap_or_default();
        let fingerprint = matches!(form, Form::System | Form::Tools);
        Some(Self {
            form,
            weight: encoded_len(text),
            fingerprint: fingerprint.then(|| (fingerprint_of(text), text.len())),
            value,
        })
    }

    fn replace(&mut self, text: String) {
        self.weight = encoded_len(&text);
        *self.value = Value::from(text);
    }

    fn cut_to(&mut self, room: usize) {
        let text = self.value.as_str().unwrap_or_default();
        let cut = cut(text, self.form, room);
        self.replace(cut.unwrap_or_else(|| self.form.marker("[over budget]")));
    }
}

impl Ledger {
    /// The bytes that the content may weigh; repetitions are replaced.
    fn grant(&mut self, root: [u8; 8], own: [u8; 8], content: &mut [Content<'_>]) -> usize {
        let account = self.account(root);
        for content in content.iter_mut() {
            account.name_if_known(own, content);
        }
        let wanted = content.iter().map(|content| content.weight).sum::<usize>();
        let most = if root == own {
            // The root is the last of its transaction.
            account.left
        } else if account.left > UNSHARED {
            account.left - UNSHARED + UNSHARED / SHARES
        } else {
            account.shares += 1;
            let share = account.left / (SHARES + account.shares);
            share.max(LEAST).min(account.left)
        };
        let granted = wanted.min(most);
        account.left -= granted;
        granted
    }

    fn give_back(&mut self, root: [u8; 8], granted: usize, spent: usize) {
        let account = self.account(root);
        account.left = (account.left + granted).saturating_sub(spent);
    }

    fn account(&mut self, root: [u8; 8]) -> &mut Account {
        self.accounts.entry(root, || Account {
            left: PER_TRANSACTION,
            shares: 0,
            known: Vec::new(),
        })
    }
}

impl Account {
    /// Names what an earlier span holds by that span, once half the room is spent.
    fn name_if_known(&mut self, own: [u8; 8], content: &mut Content<'_>) {
        let Some(fingerprint) = content.fingerprint else {
            return;
        };
        let known = self.known.iter().find(|k| k.fingerprint == fingerprint);
        match known {
            Some(known) if self.left <= UNSHARED && known.span != own => {
                let span = u64::from_be_bytes(known.span);
                let marker = content.form.marker(&format!("[as in span {span:016x}]"));
                if encoded_len(&marker) < content.weight {
                    content.replace(marker);
                }
            }
            // What is cut later on is no longer what it was.
            None if self.left > UNSHARED && self.known.len() < KNOWN => {
                self.known.push(Known {
                    fingerprint,
                    span: own,
                });
            }
            Some(_) | None => {}
        }
    }
}

/// Cuts the heaviest, so that all together weigh no more than this, as far as markers allow; says what they weigh.
fn fit(content: &mut [Content<'_>], granted: usize) -> usize {
    let weight = content.iter().map(|content| content.weight).sum::<usize>();
    if weight <= granted {
        return weight;
    }
    content.sort_unstable_by_key(|content| content.weight);
    let (mut left, mut others, mut spent) = (granted, content.len(), 0);
    for content in content {
        let fair = left / others;
        if content.weight > fair {
            content.cut_to(fair);
        }
        left = left.saturating_sub(content.weight);
        others -= 1;
        spent += content.weight;
    }
    spent
}

/// Tells texts apart, in words at a time: this runs over all instructions and tools of each call.
fn fingerprint_of(text: &str) -> u64 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(PRIME).rotate_left(29);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words
        .iter()
        .fold(PRIME, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    rest.iter()
        .fold(hash, |hash, byte| mix(hash, (*byte).into()))
}
