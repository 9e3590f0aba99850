import Logging
import Tessera
import TesseraTerminal

/// What a command's source is, as a dataset.
enum DatasetSource {
  /// Opens a folder, a list or one picture; tars (`shard-{000..146}.tar`); arrays (`.npy`, `.npz`, `.safetensors`, or
  /// a folder of such shards).
  ///
  /// - Parameters:
  ///   - limit: only so many samples, from the start.
  ///   - remote: what reads tars on servers; nil for one of its own.
  /// - Throws: what the source's dataset throws; `invalidInput` if there is nothing in it.
  static func open(
    _ source: String, limit: Int? = nil, remote: RemoteStore? = nil
  ) throws -> any Dataset {
    let dataset = try whole(source, remote)
    if let listed = dataset as? ListedPictures { Talk.notices(listed.files.notices) }
    guard dataset.count > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "this command",
          expected: "pictures (\(PictureFiles.extensions.map { "." + $0 }.joined(separator: " ")))",
          got: "none"), path: source, stage: .list)
    }
    guard let limit, limit < dataset.count else { return dataset }
    return try Subset(dataset, 0..<limit)
  }

  private static func whole(_ source: String, _ remote: RemoteStore?) throws -> any Dataset {
    if try isArrays(source) { return try TensorDataset(source) }
    return try PackSource.open(source, remote: remote)
  }

  /// Whether a source is a file of arrays, or a folder of packed shards.
  private static func isArrays(_ source: String) throws -> Bool {
    if [".npy", ".npz", ".safetensors"].contains(where: source.hasSuffix) { return true }
    return try FileIO.sizeIfThere(source + "/shard-00000.safetensors") != nil
  }

  /// A loader of any dataset through a recipe, where there is one.
  static func loader(
    _ dataset: any Dataset, recipe: Recipe?, batchSize: Int, order: SampleOrdering, seed: UInt64,
    threads: Int? = nil, collator: any Collator = .stack, onError: LoaderErrorPolicy = .stop,
    isQuiet: Bool = false
  ) -> DataLoader {
    // A command that counts failures itself need not have each told as well.
    let logger = isQuiet ? Logger(label: "tessera") { _ in SwiftLogNoOpLogHandler() } : nil
    func make(_ dataset: some Dataset) -> DataLoader {
      DataLoader(
        dataset, batchSize: batchSize, order: order, seed: seed, threads: threads, collator: collator,
        onError: onError, logger: logger)
    }
    guard let recipe else { return make(dataset) }
    func mapped(_ dataset: some Dataset) -> DataLoader { make(MappedDataset(dataset, recipe: recipe)) }
    return mapped(dataset)
  }
}
