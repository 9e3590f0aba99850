private import CCrypto
internal import TesseraCore

/// SHA-256 of bytes that come piece by piece (OpenSSL's).
package struct Digest: ~Copyable {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("OpenSSL gives no SHA-256: out of memory, or a build without it")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if let base = bytes.baseAddress { EVP_DigestUpdate(context, base, bytes.count) }
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Adds a text and its length, so that texts one after another cannot run into each other.
  package mutating func update(_ text: String) {
    update(text.utf8.count)
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// Adds a number as eight little-endian bytes.
  package mutating func update(_ number: Int) {
    withUnsafeBytes(of: Int64(number).littleEndian) { update($0) }
  }

  /// The digest so far, as 64 hexadecimal digits. Nothing can be added afterwards.
  package consuming func hex() -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest so far, as 32 bytes. Nothing can be added afterwards.
  package consuming func bytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &bytes, nil)
    return bytes
  }

  /// The digest of a file.
  ///
  /// - Throws: `io`.
  package static func file(_ path: String) throws -> String {
    let file = try OpenFile(reading: path)
    let block = MemoryBlock(byteCount: 1 << 20)
    var digest = Digest()
    while true {
      let count = try file.read(into: block.mutableBytes)
      if count == 0 { return digest.hex() }
      digest.update(UnsafeRawBufferPointer(rebasing: block.bytes[..<count]))
    }
  }

  /// The digest of some bytes.
  package static func hex(of bytes: [UInt8]) -> String {
    var digest = Digest()
    digest.update(bytes)
    return digest.hex()
  }
}
