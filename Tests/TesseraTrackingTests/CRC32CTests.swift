import TesseraTracking
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  static let vectors: [(bytes: [UInt8], sum: UInt32)] = [
    // RFC 3720, appendix B.4; the check value of the catalogue of CRCs.
    (Array(repeating: 0, count: 32), 0x8A91_36AA),
    (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0..<32), 0x46DD_794E),
    ((0..<32).reversed(), 0x113F_DB5C),
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
  ]

  @Test("the checksums of the standard's examples", arguments: vectors)
  func known(_ bytes: [UInt8], _ sum: UInt32) {
    #expect(CRC32C.checksum(bytes) == sum)
  }

  @Test("the mask turns by 15 bits and adds a constant")
  func masked() {
    let sum = UInt32(0xE306_9283)
    #expect(CRC32C.masked("123456789".utf8) == (sum >> 15 | sum << 17) &+ 0xA282_EAD8)
  }
}
