import Tessera

/// What a command's source is, as a dataset.
enum DatasetSource {
  /// Opens a folder, a list, one picture.
  ///
  /// - Parameter limit: only so many samples, from the start.
  static func open(_ source: String, limit: Int? = nil) throws -> any Dataset {
    let files = try PictureFiles(source: source)
    guard files.count > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "this command",
          expected: "pictures (\(PictureFiles.extensions.map { "." + $0 }.joined(separator: " ")))",
          got: "none"), path: source, stage: .list)
    }
    guard let limit, limit < files.count else { return files }
    return PictureFiles(files: Array(files.files.prefix(limit)), classes: files.classes)
  }

  /// A loader of any dataset through a recipe.
  static func loader(
    _ dataset: any Dataset, recipe: Recipe, batchSize: Int, order: SampleOrdering, seed: UInt64,
    threads: Int? = nil, collator: any Collator = .stack, onError: LoaderErrorPolicy = .stop
  ) -> DataLoader {
    func make(_ dataset: some Dataset) -> DataLoader {
      DataLoader(
        MappedDataset(dataset, recipe: recipe), batchSize: batchSize, order: order, seed: seed,
        threads: threads, collator: collator, onError: onError)
    }
    return make(dataset)
  }
}
