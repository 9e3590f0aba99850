/// What one process of a job works on: every count-th block of consecutive samples.
///
/// Blocks are dealt out in turn, block *b* to part *b* mod *n*: neighbouring pictures are alike in size, so
/// ranges of the whole list would keep some processes busy longer than others. In formats with shards a block
/// is a shard, so every output file has one writer.
package struct JobShare: Sendable, Equatable {
  package var assignment: ShardAssignment
  /// Samples a block.
  package var block: Int
  /// Samples in the whole list.
  package var total: Int

  /// - Parameters:
  ///   - shardSize: samples an output shard, or the most that a block may have where each has its own file.
  ///   - isSharded: whether samples share output files; if not, blocks are made small enough for some sixteen
  ///     a part.
  package init(_ assignment: ShardAssignment, total: Int, shardSize: Int, isSharded: Bool) {
    self.assignment = assignment
    self.total = total
    block = isSharded ? shardSize : max(1, min(shardSize, total / (16 * assignment.count)))
  }

  /// Whether `sample` is of this part.
  package func owns(_ sample: Int) -> Bool {
    sample / block % assignment.count == assignment.index
  }

  /// The ranges of samples, in order; the last may be short.
  package var blocks: some Sequence<Range<Int>> {
    let (block, total) = (block, total)
    return stride(from: assignment.index * block, to: total, by: assignment.count * block).lazy
      .map { $0..<min($0 + block, total) }
  }

  /// The number of samples.
  package var count: Int { blocks.reduce(0) { $0 + $1.count } }
}
