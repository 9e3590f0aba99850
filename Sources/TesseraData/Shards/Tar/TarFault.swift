internal import TesseraCore

/// What is wrong with a place of a tar. Faults are data: they stand in the index and are thrown by samples.
struct TarFault: Equatable, Sendable {
  /// Stored in index files: the numbers keep their meaning.
  enum Kind: UInt8, Sendable {
    /// The header's bytes do not add up to its checksum.
    case checksum = 1
    /// The tar ends inside of the member's data.
    case truncatedMember = 2
    /// The tar ends inside of a header, or before the member that a header announced.
    case cutHeader = 3
    /// The size is no number, or the data would end beyond all files.
    case size = 4
    /// Records of an extended header that break their format.
    case extendedHeader = 5
    /// An absolute name, one with `..` or a zero byte, or none at all.
    case unsafeName = 6
    case link = 7
    case device = 8
    /// A file with holes.
    case sparse = 9
    /// A type of member that no standard knows.
    case unknownType = 10
    /// Two members of one sample with one suffix.
    case duplicateSuffix = 11
    /// There is no end marker: the tar may have been longer.
    case noEnd = 12
    /// Other things follow the end marker.
    case afterEnd = 13
    /// A name or record over the limit.
    case longName = 14
    /// A member or sample over the caller's limit (streams only; never stored).
    case tooLarge = 15
  }

  var kind: Kind
  /// The member's name as far as it is known; empty where there is none.
  var name: [UInt8] = []
  /// The byte of the tar at which the member's header (or the damage) starts.
  var offset: Int
  /// What the fact is about: a checksum, bytes, a type.
  var expected = 0
  var got = 0

  /// Whether it belongs to the whole tar and not to a member.
  var isOfTar: Bool { kind == .noEnd || kind == .afterEnd }

  var reason: TesseraError.Reason {
    let place = "the header at byte \(offset)"
    switch kind {
    case .checksum:
      return .corrupt(
        format: "tar", detail: "\(place) says checksum \(expected), its bytes have \(got)")
    case .truncatedMember:
      return .truncated(format: "tar member", expected: expected, got: got, unit: "bytes")
    case .cutHeader: return .truncated(format: "tar header", expected: 512, got: got, unit: "bytes")
    case .size: return .corrupt(format: "tar", detail: "\(place) has no size that a file can have")
    case .extendedHeader:
      return .corrupt(format: "tar", detail: "the extended header before byte \(offset) breaks its format")
    case .unsafeName:
      return .corrupt(
        format: "tar", detail: "\(place) has a name that leads out of the tar ('..', absolute) or none")
    case .link: return .unsupported(format: "tar", feature: "a link as a member")
    case .device: return .unsupported(format: "tar", feature: "a device or pipe as a member")
    case .sparse: return .unsupported(format: "tar", feature: "a sparse file as a member")
    case .unknownType:
      return .unsupported(format: "tar", feature: "member type \(got) (\(place))")
    case .duplicateSuffix:
      return .corrupt(format: "tar", detail: "two members of one sample have the same suffix")
    case .noEnd:
      return .truncated(format: "tar (it has no end marker)", expected: nil, got: got, unit: "bytes")
    case .afterEnd:
      return .corrupt(format: "tar", detail: "other data follow the end marker at byte \(offset)")
    case .longName:
      return .limitExceeded(what: "bytes of a member's name or records", limit: expected, found: got)
    case .tooLarge: return .limitExceeded(what: "bytes of the member", limit: expected, found: got)
    }
  }

  /// The fact with its place: `shard.tar/cat/7.jpg`.
  func error(in tar: String) -> TesseraError {
    let member = String(decoding: name, as: UTF8.self)
    return TesseraError(reason, path: member.isEmpty ? tar : "\(tar)/\(member)", stage: .read)
  }
}
