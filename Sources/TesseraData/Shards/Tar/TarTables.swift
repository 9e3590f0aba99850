/// An index's numbers, packed: a tar of a million members must not cost a gigabyte.
struct TarTables: Equatable, Sendable {
  /// By member: the 512-byte block at which the data start, and their size.
  var blocks: [UInt32] = []
  var sizes: [UInt64] = []
  /// By member: the place of its suffix in `suffixes`.
  var suffixOf: [UInt32] = []
  /// The different suffixes, as written in the tar.
  var suffixes: [[UInt8]] = []
  /// By sample: its first member.
  var firstMembers: [UInt32] = []
  /// By sample: where its key ends in `keys`.
  var keyEnds: [UInt32] = []
  /// All keys one after another.
  var keys: [UInt8] = []
  /// Sorted by sample; −1 for what belongs to none.
  var faults: [SampleFault] = []
  var classesPlace: Range<Int>?

  struct SampleFault: Equatable, Sendable {
    var sample: Int
    var fault: TarFault
  }

  /// The numbers of a sample's members.
  func members(_ sample: Int) -> Range<Int> {
    let end = sample + 1 < firstMembers.count ? Int(firstMembers[sample + 1]) : blocks.count
    return Int(firstMembers[sample])..<end
  }

  func key(_ sample: Int) -> ArraySlice<UInt8> {
    keys[(sample == 0 ? 0 : Int(keyEnds[sample - 1]))..<Int(keyEnds[sample])]
  }

  func bytes(ofMember number: Int) -> Range<Int> {
    let start = Int(blocks[number]) * TarHeader.blockSize
    return start..<start + Int(sizes[number])
  }
}
