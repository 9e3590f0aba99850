import Foundation
import TestSupport
import Tessera

/// Data and pipelines that the loader's tests share.
enum LoaderFixtures {
  /// Pictures a folder of `pictures(_:damage:)` has, but for the damaged ones.
  static let count = 250

  /// A folder with `count` small pictures of three classes, PNG and JPEG, of many sizes and kinds.
  ///
  /// - Parameter damage: how many of them are cut short.
  static func pictures(count: Int = count, damage: Int = 0) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var random = RandomStream(seed: 77)
    for number in 0..<count {
      let size = Size(width: random.integer(in: 12...40), height: random.integer(in: 12...40))
      let format: PixelFormat = number % 7 == 3 ? .gray : number % 11 == 5 ? .rgba : .rgb
      let image = Pictures.ramps(size, format, seed: UInt64(number))
      let isJPEG = number % 3 == 1 && !format.hasAlpha
      var bytes = isJPEG ? try JPEGEncoder(quality: 85).encode(image) : try PNGEncoder().encode(image)
      // Spread over the folder: every stride-th file is cut.
      if damage > 0, number % max(1, count / damage) == 2, number / max(1, count / damage) < damage {
        bytes = Array(bytes[..<(bytes.count * 2 / 3)])
      }
      let name = "\(["ant", "bee", "cow"][number % 3])/\(number).\(isJPEG ? "jpg" : "png")"
      try folder.write(bytes, name)
    }
    return folder
  }

  /// Every random transform there is, on the way to a float tensor [3, 16, 16].
  static let everyRandomTransform = """
    resize(24)|random_crop(20, padding: 2, pad_if_needed: true)|random_horizontal_flip|random_vertical_flip\
    |random_rotation(20)|random_affine(10, translate: [0.1, 0.1])|random_perspective|random_zoom_out|random_iou_crop\
    |elastic_transform(alpha: 9, sigma: 2)|random_resize(16, 24)|random_shortest_size([18, 22])|scale_jitter([20, 20])\
    |random_grayscale(probability: 0.3)|color_jitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)\
    |random_photometric_distort|random_channel_permutation|random_invert(probability: 0.2)\
    |random_posterize(4, probability: 0.2)|random_solarize(128, probability: 0.2)\
    |random_adjust_sharpness(2, probability: 0.3)|random_autocontrast(probability: 0.3)\
    |random_equalize(probability: 0.3)|gaussian_blur(3)|jpeg([40, 90])|gaussian_noise|salt_and_pepper_noise\
    |shot_noise|speckle_noise|uniform_noise|random_apply([invert], probability: 0.3)\
    |random_choice([posterize(6), solarize(200)])|random_order([horizontal_flip, posterize(7)])|rand_augment\
    |trivial_augment_wide|auto_augment|aug_mix|random_resized_crop(16)|to_tensor|normalize(imagenet)|random_erasing
    """

  static func dataset(_ folder: TemporaryFolder, _ pipeline: String) throws -> MappedDataset<ImageFolder> {
    try ImageFolder(folder.path).map(try Pipeline(text: pipeline))
  }

  /// Everything of a batch that a training step can see, as one digest.
  static func digest(_ batch: Batch) -> String {
    var digest = Digest()
    add(batch, to: &digest)
    return digest.hex()
  }

  private static func add(_ batch: Batch, to digest: inout Digest) {
    digest.update("\(batch.position) \(batch.slots) \(batch.indices) \(batch.images.shape) \(batch.valid)")
    batch.images.withUnsafeBytes { digest.update($0) }
    batch.labels.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    batch.softLabels?.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    for name in batch.names { digest.update(name) }
    for failure in batch.failures { digest.update("\(failure.slot) \(failure)") }
  }

  /// The digests of an epoch's batches.
  static func digests(_ batches: EpochBatches, most: Int = .max) throws -> [String] {
    var found: [String] = []
    let iterator = batches.makeBatchIterator()
    while found.count < most, let batch = try iterator.nextBlocking() { found.append(digest(batch)) }
    return found
  }

  /// One SHA-256 over the first batches of a loader, epoch after epoch.
  static func digest(_ loader: DataLoader, batches: Int) throws -> String {
    var digest = Digest()
    var (left, epoch) = (batches, 0)
    while left > 0 {
      let found = try digests(loader.epoch(epoch), most: left)
      for hex in found { digest.update(hex) }
      left -= found.count
      epoch += 1
    }
    return digest.hex()
  }
}
