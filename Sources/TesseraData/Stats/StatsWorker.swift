internal import TesseraCodecs
internal import TesseraCore
package import TesseraTransforms

/// Looks at one sample after another: read, header, decode, pipeline, sums.
struct StatsWorker: Sendable {
  let job: StatsJob
  /// The job's recipe, for samples that have none.
  private let recipe: Recipe

  init(job: StatsJob) throws {
    self.job = job
    recipe = Recipe(
      try (job.pipeline ?? Pipeline(steps: [])).picturePart(), policy: job.policy, generation: job.generation)
  }

  /// Adds what sample `index` is to a tally. Whatever is wrong with it becomes a failure in the tally.
  func look(at index: Int, _ tally: inout StatsTally) {
    tally.samples += 1
    let sample: Sample
    do { sample = try job.dataset.sample(at: index) } catch {
      let known = Self.known(error)
      tally.failures.append(
        StatsTally.Failure(
          sample: index, picture: 0, name: known.path ?? "sample \(index)", known.with(stage: .read)))
      return
    }
    if sample.pictures.isEmpty { tally.withoutPicture += 1 }
    for (number, source) in sample.pictures.enumerated() {
      let place = Place(sample: index, picture: number, label: sample.label)
      do {
        try look(at: source, place, try recipe(of: sample), &tally)
      } catch {
        tally.failures.append(
          StatsTally.Failure(
            sample: index, picture: number, name: sample.name(ofPicture: number, sample: index),
            label: sample.label, Self.known(error)))
      }
    }
  }

  /// The error itself if it is ours; a dataset of one's own may throw others.
  private static func known(_ error: any Error) -> TesseraError {
    error as? TesseraError
      ?? TesseraError(.io(operation: "read", code: 0, message: String(describing: error)), stage: .read)
  }

  private struct Place {
    var sample: Int
    var picture: Int
    var label: Int?
  }

  private func recipe(of sample: Sample) throws -> Recipe {
    guard var own = sample.recipe else { return recipe }
    own.pipeline = try own.pipeline.picturePart()
    return own
  }

  private func look(
    at source: PictureSource, _ place: Place, _ recipe: Recipe, _ tally: inout StatsTally
  ) throws {
    if let image = try Self.decoded(source) {
      let facts = PictureFacts(
        sample: place.sample, picture: place.picture, label: place.label, image: image)
      return try finish(facts, recipe, &tally) { image }
    }
    if job.headersOnly, case .file(let path) = source {
      let header = try ImageHeader(path: path, policy: recipe.policy)
      tally.facts.append(facts(place, header, recipe, source, bytes: try FileIO.sizeIfThere(path)))
      return
    }
    guard let bytes = try source.encodedBytes(limits: recipe.policy.limits) else { return }
    let header = try ImageHeader(bytes: bytes, policy: recipe.policy)
    var facts = facts(place, header, recipe, source, bytes: bytes.count)
    if job.findsDuplicates { facts.probe = DuplicateSearch.probe(bytes) }
    if job.headersOnly { return tally.facts.append(facts) }
    try finish(facts, recipe, &tally) {
      try ImageDecoder().decode(bytes, DecodeRequest(policy: recipe.policy))
    }
  }

  private func facts(
    _ place: Place, _ header: ImageHeader, _ recipe: Recipe, _ source: PictureSource, bytes: Int?
  ) -> PictureFacts {
    let size = ImageDecoder().info(for: header, policy: recipe.policy).size
    var facts = PictureFacts(
      sample: place.sample, picture: place.picture, label: place.label, header: header, size: size)
    facts.bytes = bytes.map { Int64($0) } ?? -1
    if !PictureFiles.isExtension(of: source.name, right: header.format) {
      facts.traits.insert(.wrongExtension)
    }
    return facts
  }

  /// Decodes, runs the pipeline and adds the pixels. A picture whose pixels fail is kept as damaged.
  private func finish(
    _ facts: PictureFacts, _ recipe: Recipe, _ tally: inout StatsTally, _ decode: () throws -> Image
  ) throws {
    guard !job.headersOnly else { return tally.facts.append(facts) }
    do {
      let image = try decode()
      let outputs = try run(image, recipe, sample: Int(facts.sample))
      if job.findsPixelDuplicates {
        tally.marks.append(
          StatsTally.PixelMark(
            sample: facts.sample, picture: facts.picture, digest: DuplicateSearch.digest(of: image)))
      }
      for output in outputs { tally.add(output, countingValues: job.countsValues) }
      tally.facts.append(facts)
    } catch {
      var facts = facts
      facts.traits.insert(.damaged)
      tally.facts.append(facts)
      throw error
    }
  }

  private func run(_ image: Image, _ recipe: Recipe, sample: Int) throws -> [Image] {
    if recipe.pipeline.steps.isEmpty { return [image] }
    let info = PictureInfo(size: image.size, format: image.format, generation: recipe.generation)
    let random = RandomStream(seed: job.seed, epoch: 0, sample: UInt64(sample))
    do {
      let draw = try recipe.pipeline.draw(for: info, using: random, firstStep: recipe.firstStep)
      switch try Plan(draw, policy: recipe.policy).execute(on: image).value {
      case .image(let image): return [image]
      case .views(let images): return images
      case .tensor: return []
      }
    } catch let error as TesseraError {
      throw error.with(stage: .transform)
    }
  }

  /// The picture of a source that is decoded already; nil for encoded ones.
  private static func decoded(_ source: PictureSource) throws -> Image? {
    switch source {
    case .image(let image, _): return image
    case .tensor(let tensor, _): return try image(of: tensor)
    default: return nil
    }
  }

  /// A `uint8` tensor `[C, H, W]` as a picture.
  private static func image(of tensor: AnyTensor) throws -> Image {
    let formats: [Int: PixelFormat] = [1: .gray, 2: .grayAlpha, 3: .rgb, 4: .rgba]
    guard case .uint8(let planes) = tensor, planes.shape.count == 3, let format = formats[planes.shape[0]]
    else {
      throw TesseraError(
        .invalidInput(
          operation: "stats", expected: "uint8 [C, H, W] with 1 to 4 channels",
          got: "\(tensor.dataType.rawValue) \(tensor.shape)"), stage: .tensor)
    }
    let (channels, area) = (planes.shape[0], planes.shape[1] * planes.shape[2])
    return Image(size: Size(width: planes.shape[2], height: planes.shape[1]), format: format) { target in
      planes.withUnsafeBufferPointer { source in
        for channel in 0..<channels {
          for i in 0..<area { target[i * channels + channel] = source[channel * area + i] }
        }
      }
    }
  }
}

extension Sample {
  /// What reports call a picture: the sample's name, with the picture's number where there are several.
  func name(ofPicture number: Int, sample index: Int) -> String {
    let plain = name.isEmpty ? "sample \(index)" : name
    return pictures.count > 1 ? "\(plain)[\(number)]" : plain
  }
}

extension Pipeline {
  /// The steps that work on pictures: those before the conversion to a tensor.
  ///
  /// Statistics are of these pixels: what `normalize` behind the conversion should subtract is what they tell.
  package func picturePart() throws -> Pipeline {
    try Pipeline(steps: Array(steps.prefix { !($0 is any TensorConversion) }))
  }
}

extension PictureFiles {
  /// Whether a name's extension is one that files of `format` have. Unknown extensions, and none, are fine.
  static func isExtension(of name: String, right format: ImageFormat) -> Bool {
    guard let named = formats[fileExtension(name)] else { return true }
    return named == format
  }

  private static let formats: [String: ImageFormat] = [
    "jpg": .jpeg, "jpeg": .jpeg, "jpe": .jpeg, "jfif": .jpeg, "png": .png, "apng": .png, "webp": .webp,
    "bmp": .bmp, "dib": .bmp, "ppm": .pnm, "pgm": .pnm, "pbm": .pnm, "pnm": .pnm, "tif": .tiff,
    "tiff": .tiff, "gif": .gif, "heic": .heif, "heif": .heif, "avif": .avif, "jp2": .jpeg2000, "jxl": .jpegxl,
  ]
}
