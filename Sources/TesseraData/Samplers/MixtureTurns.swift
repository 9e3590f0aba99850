/// Which source of a mixture each position takes from, and how many times it was taken from before.
///
/// Invariant: every `stride` positions, `marks` holds how often each source had its turn before.
struct MixtureTurns: Sendable {
  private var turns: [UInt16] = []
  private var marks: [UInt32] = []
  private let stride: Int
  /// How often each source has had its turn so far.
  private(set) var counts: [Int]

  init(sources: Int) {
    counts = [Int](repeating: 0, count: sources)
    // The counts of many sources are stored less often: never more than four bytes a position.
    stride = max(64, sources)
  }

  var count: Int { turns.count }

  mutating func append(_ source: Int) {
    if turns.count % stride == 0 { marks += counts.map { UInt32($0) } }
    turns.append(UInt16(source))
    counts[source] += 1
  }

  /// The source of a position and how many positions before it have the same.
  subscript(position: Int) -> (source: Int, turn: Int) {
    let source = turns[position]
    let mark = position / stride
    var turn = Int(marks[mark * counts.count + Int(source)])
    for other in turns[mark * stride..<position] where other == source { turn += 1 }
    return (Int(source), turn)
  }
}
