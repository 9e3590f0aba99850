internal import TesseraCore

/// The files that a killed run left aside: the whole's are all there are, a part's are those that it alone writes.
struct UnfinishedFiles {
  let run: JobRun

  func remove() throws {
    let folder = run.job.destination
    var walk = FolderWalk()
    try walk.walk(folder)
    let found = walk.folders.flatMap { below in
      below.files.filter(AtomicFile.isPart).map { file in
        below.path.isEmpty ? file : below.path + [UInt8(ascii: "/")] + file
      }
    }
    if found.isEmpty { return }
    let mine = run.job.shard.isWhole ? nil : outputs()
    for path in found {
      let name = String(decoding: path, as: UTF8.self)
      if let mine, !mine.contains(path), !name.contains(run.parts.tag) { continue }
      try FileIO.remove(folder + "/" + name)
    }
  }

  /// What the outputs of this part are called while they are written.
  private func outputs() -> Set<[UInt8]> {
    let suffix = AtomicFile.partSuffix
    let names = run.share.blocks.lazy.flatMap { block -> [String] in
      guard run.job.format == .safetensors else { return block.map { run.names.names[$0] } }
      let shard = ShardSink.name(block.lowerBound / run.share.block)
      return [shard, shard + ShardSink.rowsSuffix]
    }
    return Set(names.map { Array(($0 + suffix).utf8) })
  }
}
