public import TesseraCore

/// Where everything in a tar is: its samples by WebDataset's rules, their members' names, places and sizes.
///
/// Made in one pass over the tar's headers, and kept beside the tar as `NAME.tar.index` (`open(_:cache:)`).
///
/// **Memory**: 16 bytes a member, 8 bytes a sample and the keys themselves.
public struct TarIndex: Sendable {
  /// One member of a sample.
  public struct Member: Sendable, Equatable {
    /// The name in the tar.
    public var name: String
    /// What follows the key's dot, in lower case.
    public var suffix: String
    /// Where the data lie in the tar.
    public var bytes: Range<Int>
  }

  /// Something wrong in the tar: what, and which sample it costs (nil: none).
  public struct Fault: Sendable, Equatable {
    public var sample: Int?
    public var error: TesseraError
  }

  /// The tar's path, as the caller named it; a URL without its query.
  public let path: String
  /// The index file that holds it; nil where it could not be kept (`storageFault` says why).
  public internal(set) var storage: String?
  /// Why no index file could be written; nil where one was, or was there.
  public internal(set) var storageFault: TesseraError?
  let tables: TarTables
  /// The tar, if it lies on a server.
  package var remote: RemoteFile?

  init(path: String, tables: TarTables) {
    self.path = path
    self.tables = tables
  }

  /// Samples, faulty ones included.
  public var count: Int { tables.firstMembers.count }
  /// Members of all samples.
  public var memberCount: Int { tables.blocks.count }

  /// The key of a sample: its members' names up to the first dot of the last component. Traps outside of `count`.
  public func key(_ sample: Int) -> String { String(decoding: tables.key(sample), as: UTF8.self) }

  /// The readable members of a sample in the tar's order. Traps outside of `count`.
  ///
  /// - Complexity: O(members of the sample).
  public func members(_ sample: Int) -> [Member] {
    let key = key(sample)
    return tables.members(sample).map { number in
      let suffix = String(decoding: tables.suffixes[Int(tables.suffixOf[number])], as: UTF8.self)
      return Member(
        name: key + "." + suffix, suffix: suffix.lowercased(), bytes: tables.bytes(ofMember: number))
    }
  }

  /// The member of a sample with a suffix (in lower case); nil if there is none.
  public func member(_ suffix: String, of sample: Int) -> Member? {
    members(sample).first { $0.suffix == suffix }
  }

  /// What is wrong with a sample; nil for a good one.
  ///
  /// - Complexity: O(log *faults*).
  public func fault(of sample: Int) -> TesseraError? {
    let faults = tables.faults
    var (low, high) = (0, faults.count)
    while low < high {
      let middle = (low + high) / 2
      if faults[middle].sample < sample { low = middle + 1 } else { high = middle }
    }
    return low < faults.count && faults[low].sample == sample ? faults[low].fault.error(in: path) : nil
  }

  /// Everything that is wrong in the tar: what belongs to no sample first, then sample by sample.
  public var faults: [Fault] {
    tables.faults.map { Fault(sample: $0.sample < 0 ? nil : $0.sample, error: $0.fault.error(in: path)) }
  }

  /// The place of the member `__classes__`: the names of the classes, as `tessera pack` writes them.
  var classesPlace: Range<Int>? { tables.classesPlace }
}
