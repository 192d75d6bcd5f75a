//! A phone's Signal endpoint: device 0 of its account.
//!
//! Sessions are named by account number and device, whichever JID a stanza used. Changes stay in memory
//! until they are written together with what they belong to: no ratchet is ever on disk ahead of, or
//! behind, the message that moved it. That is why the records' own leasing of counters is waived.

use super::table::{Change, Table};
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::rows::accounts::AccountRow;
use crate::server::sandbox::rows::links::Address;
use crate::server::sandbox::wire::identity::{pair_of, public};
use crate::server::source::Source;
use crate::server::storage::{StorageError, Store};
use async_trait::async_trait;
use whatsapp_rust::wacore::libsignal::protocol::{
    self as signal, CiphertextMessage, Direction, GenericSignedPreKey, IdentityChange, IdentityKey,
    IdentityKeyPair, IdentityKeyStore, KeyPair, PreKeyBundle, PreKeyId, PreKeyRecord, PreKeySignalMessage,
    PreKeyStore, ProtocolAddress, PublicKey, SenderKeyDistributionMessage, SenderKeyRecord, SenderKeyStore,
    SessionRecord, SessionStore, SignalMessage, SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord,
    SignedPreKeyStore, Timestamp, UsePQRatchet,
};
use whatsapp_rust::wacore::libsignal::store::sender_key_name::SenderKeyName;
use whatsapp_rust::wacore::send::extract_ciphertext;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

type Signal<T> = Result<T, SignalProtocolError>;

/// The only signed prekey that a phone ever has.
pub const SIGNED_PREKEY: u32 = 1;

/// What others need for a first message to a device.
#[derive(Clone)]
pub struct Bundle {
    pub registration_id: u32,
    pub identity: [u8; 32],
    pub signed_prekey_id: u32,
    pub signed_prekey: [u8; 32],
    pub signature: Vec<u8>,
    pub one_time: Option<(u32, [u8; 32])>,
}

fn stored(error: StorageError) -> SignalProtocolError {
    SignalProtocolError::BackendError("the sandbox's database", Box::new(error))
}

/// The name of a device's session.
fn name(address: &Address) -> ProtocolAddress {
    ProtocolAddress::new(&address.number, u32::from(address.device).into())
}

struct Sessions(Table);
struct Identities {
    table: Table,
    pair: IdentityKeyPair,
    registration_id: u32,
}
struct PreKeys(Table);
struct SignedPreKeys(SignedPreKeyRecord);
struct SenderKeys(Table);

/// The endpoint.
pub struct Endpoint {
    sessions: Sessions,
    identities: Identities,
    prekeys: PreKeys,
    signed: SignedPreKeys,
    sender_keys: SenderKeys,
    source: Source,
}

/// Signs the phone's signed prekey with its identity.
fn sign_prekey(identity: &KeyPair, prekey: &KeyPair, source: &Source) -> Result<Vec<u8>, SandboxError> {
    let signature = identity.calculate_signature(&prekey.public_key.serialize(), &mut source.rng());
    Ok(signature.map_err(SandboxError::crypto)?.to_vec())
}

/// What others need for a first message to this phone; the one-time prekey is made for them, and its
/// private half is to be stored before the bundle is handed out.
pub fn bundle(
    account: &AccountRow,
    one_time: u32,
    source: &Source,
) -> Result<(Bundle, Vec<u8>), SandboxError> {
    let (identity, prekey) = (pair_of(&account.identity_key)?, pair_of(&account.signed_prekey)?);
    let pair = KeyPair::generate(&mut source.rng());
    let record = PreKeyRecord::new(one_time.into(), &pair).serialize().map_err(SandboxError::crypto)?;
    let bundle = Bundle {
        registration_id: account.registration_id,
        identity: public(&identity),
        signed_prekey_id: SIGNED_PREKEY,
        signed_prekey: public(&prekey),
        signature: sign_prekey(&identity, &prekey, source)?,
        one_time: Some((one_time, public(&pair))),
    };
    Ok((bundle, record))
}

impl Endpoint {
    /// The endpoint of an account's phone.
    pub fn open(account: &AccountRow, store: &Store, source: &Source) -> Result<Self, SandboxError> {
        let (identity, prekey) = (pair_of(&account.identity_key)?, pair_of(&account.signed_prekey)?);
        let signature = sign_prekey(&identity, &prekey, source)?;
        let table = |kind| Table::new(store.clone(), &account.number, kind);
        Ok(Self {
            sessions: Sessions(table("session")),
            identities: Identities {
                table: table("identity"),
                pair: IdentityKeyPair::new(IdentityKey::new(identity.public_key), identity.private_key),
                registration_id: account.registration_id,
            },
            prekeys: PreKeys(table("prekey")),
            signed: SignedPreKeys(<SignedPreKeyRecord as GenericSignedPreKey>::new(
                SIGNED_PREKEY.into(),
                Timestamp::from_epoch_millis(0),
                &prekey,
                &signature,
            )),
            sender_keys: SenderKeys(table("sender_key")),
            source: source.clone(),
        })
    }

    fn tables(&self) -> [&Table; 4] {
        [&self.sessions.0, &self.identities.table, &self.prekeys.0, &self.sender_keys.0]
    }

    /// What changed since the last [`Endpoint::settle`].
    pub fn changes(&self) -> Vec<Change> {
        self.tables().into_iter().flat_map(Table::changes).collect()
    }

    /// The changes are on disk, or are to be forgotten because the write failed.
    pub fn settle(&mut self, kept: bool) {
        self.sessions.0.settle(kept);
        self.identities.table.settle(kept);
        self.prekeys.0.settle(kept);
        self.sender_keys.0.settle(kept);
    }

    /// Whether there is a session with a device.
    pub async fn knows(&self, device: &Address) -> Result<bool, SandboxError> {
        self.sessions.has_session(&name(device)).await.map_err(SandboxError::crypto)
    }

    /// Begins a session with a device.
    pub async fn establish(&mut self, device: &Address, bundle: &Bundle) -> Result<(), SandboxError> {
        let address = name(device);
        let key =
            |bytes: &[u8; 32]| PublicKey::from_djb_public_key_bytes(bytes).map_err(SandboxError::crypto);
        let one_time = match &bundle.one_time {
            Some((id, bytes)) => Some(((*id).into(), key(bytes)?)),
            None => None,
        };
        let bundle = PreKeyBundle::new(
            bundle.registration_id,
            address.device_id(),
            one_time,
            bundle.signed_prekey_id.into(),
            key(&bundle.signed_prekey)?,
            bundle.signature.clone(),
            IdentityKey::new(key(&bundle.identity)?),
        )
        .map_err(SandboxError::crypto)?;
        signal::process_prekey_bundle(
            &address,
            &mut self.sessions,
            &mut self.identities,
            &bundle,
            &mut self.source.rng(),
            UsePQRatchet::No,
        )
        .await
        .map_err(SandboxError::crypto)?;
        Ok(())
    }

    /// Forgets the session with a device: it is gone, or asks for a new one.
    pub fn forget(&mut self, device: &Address) {
        let address = name(device);
        self.sessions.0.set(address.as_str(), None);
        self.identities.table.set(address.as_str(), None);
    }

    /// Encrypts a message for a device with which there is a session: the kind of the ciphertext, and
    /// the ciphertext.
    pub async fn encrypt(
        &mut self,
        device: &Address,
        message: &wa::Message,
    ) -> Result<(&'static str, Vec<u8>), SandboxError> {
        let plain = self.padded(message);
        let sealed = signal::message_encrypt(&plain, &name(device), &mut self.sessions, &mut self.identities)
            .await
            .map_err(SandboxError::crypto)?;
        let (kind, _, bytes) = extract_ciphertext(sealed)
            .ok_or_else(|| SandboxError::Crypto("an unexpected kind of ciphertext".to_owned()))?;
        Ok((kind, bytes.into_vec()))
    }

    /// Decrypts a message of a device.
    pub async fn decrypt(
        &mut self,
        device: &Address,
        kind: &str,
        sealed: &[u8],
    ) -> Result<wa::Message, SignalProtocolError> {
        let sealed = match kind {
            "pkmsg" => CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(sealed)?),
            _ => CiphertextMessage::SignalMessage(SignalMessage::try_from(sealed)?),
        };
        let opened = signal::message_decrypt(
            &sealed,
            &name(device),
            &mut self.sessions,
            &mut self.identities,
            &mut self.prekeys,
            &self.signed,
            &mut self.source.rng(),
            UsePQRatchet::No,
        )
        .await?;
        if let Some(id) = opened.consumed_prekey_id {
            self.prekeys.remove_pre_key(id).await?;
        }
        read(&opened.plaintext)
    }

    /// Encrypts a message for a group: what every device needs to read it, and the ciphertext.
    pub async fn group_encrypt(
        &mut self,
        group: &str,
        sender: &str,
        message: &wa::Message,
    ) -> Result<(Vec<u8>, Vec<u8>), SandboxError> {
        let name = SenderKeyName::from_parts(group, sender);
        let mut rng = self.source.rng();
        let key = signal::create_sender_key_distribution_message(&name, &mut self.sender_keys, &mut rng)
            .await
            .map_err(SandboxError::crypto)?;
        let plain = self.padded(message);
        let sealed = signal::group_encrypt(&mut self.sender_keys, &name, &plain, &mut rng)
            .await
            .map_err(SandboxError::crypto)?;
        Ok((key.serialized().to_vec(), sealed.serialized().to_vec()))
    }

    /// Learns how to read a device's messages to a group.
    pub async fn group_learn(&mut self, group: &str, sender: &str, key: &[u8]) -> Signal<()> {
        let key = SenderKeyDistributionMessage::try_from(key)?;
        let name = SenderKeyName::from_parts(group, sender);
        signal::process_sender_key_distribution_message(&name, &key, &mut self.sender_keys).await
    }

    /// Decrypts a device's message to a group.
    pub async fn group_decrypt(&mut self, group: &str, sender: &str, sealed: &[u8]) -> Signal<wa::Message> {
        let name = SenderKeyName::from_parts(group, sender);
        read(&signal::group_decrypt(sealed, &mut self.sender_keys, &name).await?)
    }

    /// A message with 1 to 16 bytes of padding, each of them their number.
    fn padded(&self, message: &wa::Message) -> Vec<u8> {
        let mut plain = message.encode_to_vec();
        let padding = self.source.bytes::<1>()[0] & 15;
        plain.resize(plain.len() + usize::from(padding) + 1, padding + 1);
        plain
    }
}

fn read(padded: &[u8]) -> Signal<wa::Message> {
    whatsapp_rust::wacore::messages::decode_plaintext(padded, 2)
        .map_err(|_| SignalProtocolError::InvalidProtobufEncoding)
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Signal<Option<SessionRecord>> {
        let Some(bytes) = self.0.get(address.as_str()).await.map_err(stored)? else { return Ok(None) };
        let mut record = SessionRecord::deserialize(&bytes)?;
        record.waive_counter_lease();
        Ok(Some(record))
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Signal<bool> {
        Ok(self.0.get(address.as_str()).await.map_err(stored)?.is_some())
    }

    async fn store_session(&mut self, address: &ProtocolAddress, mut record: SessionRecord) -> Signal<()> {
        record.waive_counter_lease();
        self.0.set(address.as_str(), Some(record.serialize()?));
        Ok(())
    }
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Signal<IdentityKeyPair> {
        Ok(self.pair.clone())
    }

    async fn get_local_registration_id(&self) -> Signal<u32> {
        Ok(self.registration_id)
    }

    async fn save_identity(
        &mut self,
        address: &ProtocolAddress,
        key: &IdentityKey,
    ) -> Signal<IdentityChange> {
        let old = self.get_identity(address).await?;
        self.table.set(address.as_str(), Some(key.serialize().to_vec()));
        Ok(match old {
            Some(old) if old != *key => IdentityChange::ReplacedExisting,
            _ => IdentityChange::NewOrUnchanged,
        })
    }

    /// A phone takes what the network says, as WhatsApp's own phones do.
    async fn is_trusted_identity(&self, _: &ProtocolAddress, _: &IdentityKey, _: Direction) -> Signal<bool> {
        Ok(true)
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Signal<Option<IdentityKey>> {
        let bytes = self.table.get(address.as_str()).await.map_err(stored)?;
        bytes.map(|bytes| IdentityKey::decode(&bytes)).transpose()
    }
}

#[async_trait]
impl PreKeyStore for PreKeys {
    async fn get_pre_key(&self, id: PreKeyId) -> Signal<PreKeyRecord> {
        let bytes = self.0.get(&u32::from(id).to_string()).await.map_err(stored)?;
        PreKeyRecord::deserialize(&bytes.ok_or(SignalProtocolError::InvalidPreKeyId)?)
    }

    async fn save_pre_key(&mut self, id: PreKeyId, record: &PreKeyRecord) -> Signal<()> {
        self.0.set(&u32::from(id).to_string(), Some(record.serialize()?));
        Ok(())
    }

    async fn remove_pre_key(&mut self, id: PreKeyId) -> Signal<()> {
        self.0.set(&u32::from(id).to_string(), None);
        Ok(())
    }
}

#[async_trait]
impl SignedPreKeyStore for SignedPreKeys {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Signal<SignedPreKeyRecord> {
        if u32::from(id) == SIGNED_PREKEY {
            Ok(self.0.clone())
        } else {
            Err(SignalProtocolError::InvalidSignedPreKeyId)
        }
    }

    async fn save_signed_pre_key(&mut self, _: SignedPreKeyId, _: &SignedPreKeyRecord) -> Signal<()> {
        Err(SignalProtocolError::InvalidSignedPreKeyId)
    }
}

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(&mut self, name: &SenderKeyName, mut record: SenderKeyRecord) -> Signal<()> {
        record.waive_counter_lease()?;
        self.0.set(name.cache_key(), Some(record.serialize()?));
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> Signal<Option<SenderKeyRecord>> {
        let Some(bytes) = self.0.get(name.cache_key()).await.map_err(stored)? else { return Ok(None) };
        let mut record = SenderKeyRecord::deserialize(&bytes)?;
        record.waive_counter_lease()?;
        Ok(Some(record))
    }
}
