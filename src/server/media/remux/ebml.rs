//! EBML: elements of an id, a length and a body (RFC 8794).

use super::RemuxError;
use std::io::{ErrorKind, Read};

/// The start of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// With its length marker, as the specifications write it.
    pub id: u32,
    /// Of its body, in bytes; `None` if its writer did not know.
    pub size: Option<u64>,
}

/// Reads elements one after the other. Those that hold others are entered by just reading on.
pub struct Elements<R> {
    input: R,
}

impl<R: Read> Elements<R> {
    pub fn new(input: R) -> Self {
        Self { input }
    }

    /// The next element's start; `None` where the file ends, also in the middle of one.
    pub fn next_element(&mut self) -> Result<Option<Element>, RemuxError> {
        let Some(id) = self.number(4, true)? else { return Ok(None) };
        let Some(size) = self.number(8, false)? else { return Ok(None) };
        let id = u32::try_from(id.value).map_err(|_| RemuxError::Damaged("an element's id"))?;
        Ok(Some(Element { id, size: (!size.all_ones).then_some(size.value) }))
    }

    /// A body of at most `most` bytes; `None` where the file ends before it does.
    pub fn body(&mut self, size: u64, most: u64) -> Result<Option<Vec<u8>>, RemuxError> {
        if size > most {
            return Err(RemuxError::Damaged("an element's length"));
        }
        let mut body = Vec::new();
        self.input.by_ref().take(size).read_to_end(&mut body)?;
        Ok((body.len() as u64 == size).then_some(body))
    }

    /// Reads over a body; says whether it was all there.
    pub fn skip(&mut self, size: u64) -> Result<bool, RemuxError> {
        Ok(std::io::copy(&mut self.input.by_ref().take(size), &mut std::io::sink())? == size)
    }

    fn byte(&mut self) -> Result<Option<u8>, RemuxError> {
        let mut byte = [0];
        match self.input.read_exact(&mut byte) {
            Ok(()) => Ok(Some(byte[0])),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn number(&mut self, longest: u32, keep_marker: bool) -> Result<Option<Number>, RemuxError> {
        let Some(first) = self.byte()? else { return Ok(None) };
        let length = first.leading_zeros() + 1;
        if length > longest {
            return Err(RemuxError::Damaged("a number's length"));
        }
        let mut bytes = [0_u8; 8];
        bytes[0] = first;
        for place in bytes.iter_mut().take(length as usize).skip(1) {
            let Some(byte) = self.byte()? else { return Ok(None) };
            *place = byte;
        }
        Ok(Some(variable(&bytes[..length as usize], keep_marker)))
    }
}

/// A number whose first byte says how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    pub value: u64,
    /// In bytes.
    pub length: usize,
    all_ones: bool,
}

/// Reads a number from exactly its bytes.
fn variable(bytes: &[u8], keep_marker: bool) -> Number {
    let length = bytes.len();
    let whole = bytes.iter().fold(0_u64, |whole, byte| whole << 8 | u64::from(*byte));
    let data_bits = 7 * length;
    let data = whole & ((1_u64 << data_bits) - 1);
    let all_ones = data == (1_u64 << data_bits) - 1;
    Number { value: if keep_marker { whole } else { data }, length, all_ones }
}

/// The number that a body begins with.
pub fn number(body: &[u8]) -> Option<Number> {
    let length = body.first()?.leading_zeros() as usize + 1;
    if length > 8 {
        return None;
    }
    Some(variable(body.get(..length)?, false))
}

/// A body of up to eight bytes as an unsigned number.
pub fn unsigned(body: &[u8]) -> Option<u64> {
    (body.len() <= 8).then(|| body.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// A body of up to eight bytes as a signed number.
pub fn signed(body: &[u8]) -> Option<i64> {
    let bits = u32::try_from(body.len()).ok()?.checked_mul(8)?;
    let value = unsigned(body)?;
    if bits == 0 {
        return Some(0);
    }
    // Fills the upper bits with the sign.
    Some((value << (64 - bits)).cast_signed() >> (64 - bits))
}

/// A body of four or eight bytes as a fraction.
pub fn float(body: &[u8]) -> Option<f64> {
    match body.len() {
        4 => Some(f32::from_be_bytes(body.try_into().ok()?).into()),
        8 => Some(f64::from_be_bytes(body.try_into().ok()?)),
        _ => None,
    }
}

/// The elements of a body that is in memory, one level deep.
pub fn children(mut body: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let length = body.first()?.leading_zeros() as usize + 1;
        if length > 4 {
            return None;
        }
        let id = u32::try_from(variable(body.get(..length)?, true).value).ok()?;
        let rest = body.get(length..)?;
        let size = number(rest)?;
        let start = rest.get(size.length..)?;
        let end = usize::try_from(size.value).ok()?;
        let child = start.get(..end)?;
        body = start.get(end..)?;
        Some((id, child))
    })
}
