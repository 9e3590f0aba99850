internal import TesseraCore
internal import TesseraTransforms

/// A dataset that keeps what the steps before the first random one make of each picture.
///
///     let train = try ImageFolder("data/train").map {
///       Resize(256)                       // cached
///       RandomResizedCrop(224)            // drawn anew in every epoch, from the cached picture
///       ToTensor()
///     }.cached(.disk("cache"))
///
/// Outputs are bit for bit those without the cache: its samples carry the picture after the steps that were done, and
/// a recipe of the steps that follow, whose randomness is counted as before. Masks, boxes and keypoints are moved by
/// the steps that were done. Pictures are cached as bytes, before the conversion to a tensor.
///
/// Which samples are in changes no output. When the room is used up, nothing more comes in and nothing goes out. A
/// sample that cannot be read or decoded is handed on as it is, and fails where it would have without the cache.
/// Pictures that are tensors already are not cached.
public struct CachedDataset: Dataset {
  /// Where pictures are kept.
  public enum Store: Sendable {
    /// In memory, up to so many bytes of pixels; what keeps track of them takes some 200 bytes a sample more.
    case memory(limit: Int)
    /// In a file in a folder, up to so many bytes. It is named by everything that decides its pictures (the dataset's
    /// fingerprint, the times at which the files were changed, the steps, the policy, the generation, Tessera's version), and found again by the next run.
    case disk(String, limit: Int = .max)
  }

  public let base: any Dataset
  private let cache: any PictureCache
  private let flight = SingleFlight()

  /// - Parameters:
  ///   - base: a dataset whose samples have a recipe, or none: then decoded pictures are cached.
  ///   - store: where.
  /// - Throws: `io` if the folder or the file cannot be made or read; what the base's fingerprint throws.
  public init(_ base: any Dataset, _ store: Store) throws {
    try self.init(base, store, source: base, recipe: nil)
  }

  /// - Parameters:
  ///   - source: whose fingerprint names the file: the data below the recipe.
  ///   - recipe: that of all samples.
  init(_ base: any Dataset, _ store: Store, source: any Dataset, recipe: Recipe?) throws {
    self.base = base
    switch store {
    case .memory(let limit): cache = MemoryCache(limit: limit, samples: base.count)
    case .disk(let folder, let limit):
      let key = try Self.key(source, recipe)
      cache = try DiskCache(folder: folder, key: key.hex, samples: base.count, limit: limit)
    }
  }

  /// A cache on a disk that tests make up.
  package init(
    _ base: any Dataset, folder: String,
    write: @escaping @Sendable (Int32, UnsafeRawBufferPointer, Int, String) throws -> Void
  ) throws {
    self.base = base
    let key = try Self.key(base, nil)
    cache = try DiskCache(folder: folder, key: key.hex, samples: base.count, limit: .max, write: write)
  }

  static func key(_ source: any Dataset, _ recipe: Recipe?) throws -> Fingerprint {
    let prefix = try Pipeline(steps: CachedPicture.prefix(of: recipe))
    return Fingerprint(
      "cache 2", TesseraVersion.current, try source.fingerprint().hex, prefix.text,
      recipe.map { "\($0.policy); \($0.generation.rawValue)" } ?? "", changes(of: source))
  }

  /// When each picture's file was last changed: a fingerprint knows sizes only, and a cache keeps pixels.
  ///
  /// - Complexity: a look at every sample and a `stat` a file.
  private static func changes(of source: any Dataset) -> String {
    var digest = Digest()
    var last = (path: "", changed: -1)
    for index in 0..<source.count {
      // A sample that throws has nothing in the cache.
      guard let sample = try? source.sample(at: index) else { continue }
      for picture in sample.pictures {
        // What a server tells of the object's version: a path's time stands for that elsewhere.
        if let remote = picture.remote { digest.update(remote.version.stamp.modified) }
        guard let path = picture.file else { continue }
        if path != last.path { last = (path, FileIO.changed(path) ?? -1) }
        digest.update(last.changed)
      }
    }
    return digest.hex()
  }

  public var count: Int { base.count }
  public var classes: [String] { base.classes }
  public func label(at index: Int) throws -> Int? { try base.label(at: index) }

  /// The base's: a cache changes nothing, so a run may go on with it or without.
  public func fingerprint() throws -> Fingerprint { try base.fingerprint() }

  /// What the cache holds now.
  public var report: CacheReport { cache.report }

  /// The base's sample with its cached pictures; they are made now, on the caller's thread, if they are missing.
  public func sample(at index: Int) throws -> Sample {
    let sample = try base.sample(at: index)
    guard let pictures = pictures(of: sample, at: index) else { return sample }
    // What cannot be carried out here fails in the loader, with its stage.
    do { return try Self.replace(sample, pictures) ?? sample } catch { return sample }
  }

  private func pictures(of sample: Sample, at index: Int) -> [CachedPicture]? {
    switch cache.find(index) {
    case .pictures(let pictures): return pictures
    case .nothing: return nil
    case .missing: break
    }
    guard cache.isFilling else { return nil }
    return flight.run(index) {
      switch cache.find(index) {
      case .pictures(let pictures): return pictures
      case .nothing: return nil
      case .missing: break
      }
      guard let made = Self.make(sample) else { return nil }
      cache.store(made, at: index)
      return made.isEmpty ? nil : made
    }
  }

  /// The pictures after the prefix; none where nothing can be cached, nil where the sample could not be read now.
  private static func make(_ sample: Sample) -> [CachedPicture]? {
    do {
      let pictures = try sample.pictures.map { try CachedPicture($0, sample.recipe) }
      let made = pictures.compactMap { $0 }
      // The steps that follow are one recipe for all pictures of a sample.
      let isUniform = made.allSatisfy { $0.steps == made[0].steps && $0.generation == made[0].generation }
      return made.count == pictures.count && isUniform ? made : []
    } catch let error as TesseraError {
      // A file that cannot be read today may be readable tomorrow; one that cannot be decoded stays so.
      return error.stage == .read || error.stage == nil ? nil : []
    } catch { return nil }
  }

  /// The sample with pictures that have part of its recipe behind them; nil if its annotations cannot follow.
  private static func replace(_ sample: Sample, _ pictures: [CachedPicture]) throws -> Sample? {
    guard pictures.count == sample.pictures.count else { return nil }
    var replaced = sample
    replaced.pictures = zip(pictures, sample.pictures).map { .image($0.image, name: $1.name) }
    if !sample.annotations.isEmpty {
      guard pictures.count == 1, let moved = try pictures[0].move(sample.annotations, sample.recipe) else {
        return nil
      }
      replaced.annotations = moved
    }
    if var recipe = sample.recipe, let first = pictures.first {
      recipe.pipeline = try Pipeline(steps: Array(recipe.pipeline.steps.dropFirst(first.steps)))
      recipe.firstStep += first.steps
      recipe.generation = first.generation
      replaced.recipe = recipe
    }
    return replaced
  }
}

extension Dataset {
  /// The same data, with decoded pictures kept in memory or on the disk.
  public func cached(_ store: CachedDataset.Store) throws -> CachedDataset { try CachedDataset(self, store) }
}

extension MappedDataset {
  /// The same data, with what the pipeline's steps before the first random one give kept in memory or on the disk.
  ///
  /// A file on the disk is named by those steps alone: changing what follows them keeps it.
  public func cached(_ store: CachedDataset.Store) throws -> CachedDataset {
    try CachedDataset(self, store, source: base, recipe: recipe)
  }
}
