import TesseraCore
import TesseraTransforms

/// At least one use of every transform, as text. A test fails when a new transform is missing here.
enum Examples {
  /// A key of a random stream, as draws print it.
  static let key = "k0123456789abcdef0123456789abcdef01234567"

  static let steps: [String: [String]] = [
    // Geometry
    "center_crop": ["center_crop(11)", "center_crop([30, 8])", "center_crop(9, rounding: floor)"],
    "random_crop": [
      "random_crop(7)",
      "random_crop([9, 12], padding: [1, 2, 3, 4], pad_if_needed: true, padding_mode: edge)",
    ],
    "five_crop": ["five_crop(6)"],
    "ten_crop": ["ten_crop(6, vertical_flip: true)"],
    "pad": ["pad(3)", "pad([1, 2, 3, 0], fill: 7)", "pad(1, padding_mode: edge)"],
    "random_horizontal_flip": ["random_horizontal_flip", "random_horizontal_flip(probability: 1)"],
    "random_vertical_flip": ["random_vertical_flip(probability: 0.5)"],
    "random_rotation": ["random_rotation(30, filter: bilinear, expand: true)", "random_rotation(-10...45)"],
    "random_affine": [
      "random_affine(20, translate: [0.1, 0.2], scale: 0.8...1.2, shear: [-5, 5], filter: bicubic, fill: 9)"
    ],
    "random_perspective": ["random_perspective(probability: 1, distortion_scale: 0.4)"],
    "elastic_transform": ["elastic_transform(alpha: 20, sigma: 3)"],
    "random_zoom_out": ["random_zoom_out(probability: 1)"],
    "random_iou_crop": ["random_iou_crop"],
    "sanitize_bounding_boxes": ["sanitize_bounding_boxes"],
    "clamp_bounding_boxes": ["clamp_bounding_boxes"],
    "resize": [
      "resize(20)", "resize([9, 31], filter: lanczos)", "resize(12, filter: bicubic, max_size: 25)",
    ],
    "random_resized_crop": ["random_resized_crop(14)", "random_resized_crop([6, 15], filter: nearest)"],
    "random_resize": ["random_resize(8, 30)"],
    "random_shortest_size": ["random_shortest_size([10, 20], max_size: 40)"],
    "scale_jitter": ["scale_jitter([24, 24])"],
    "resampling": ["resampling(pillow@11)"],
    "resize_to": ["resize_to(8, 19)", "resize_to(5, 5, filter: bilinear, reducing_gap: 2)"],
    "crop": ["crop(0, 0, 1, 1)"],
    "horizontal_flip": ["horizontal_flip"],
    "vertical_flip": ["vertical_flip"],
    "rotate": ["rotate(33)", "rotate(-90, filter: bicubic, expand: true, center: [3, 4], fill: [1, 2, 3])"],
    "affine": ["affine(12, translate: [2, -3], scale: 1.1, shear: [4, 0], filter: bilinear)"],
    "perspective": ["perspective([1, 0.05, 1, 0.02, 0.9, 0, 0.001, 0], filter: bicubic)"],
    "elastic": ["elastic(\(key), alpha: 15, sigma: 2)"],
    "void_boxes": ["void_boxes([])"],
    // Colour
    "convert_rgb": ["convert_to_rgb", "convert_rgb(background: [10, 200, 30])"],
    "grayscale": ["grayscale", "grayscale(3)"],
    "random_grayscale": ["random_grayscale(probability: 0.7)"],
    "color_jitter": ["color_jitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)"],
    "random_photometric_distort": ["random_photometric_distort(probability: 1)"],
    "random_channel_permutation": ["random_channel_permutation"],
    "random_invert": ["random_invert(probability: 1)"],
    "random_posterize": ["random_posterize(3, probability: 1)"],
    "random_solarize": ["random_solarize(100, probability: 1)"],
    "random_adjust_sharpness": ["random_adjust_sharpness(1.7, probability: 1)"],
    "random_autocontrast": ["random_autocontrast(probability: 1)"],
    "random_equalize": ["random_equalize(probability: 1)"],
    "gaussian_blur": ["gaussian_blur(3, sigma: 0.5...1.5)"],
    "jpeg": ["jpeg([30, 90])"],
    "adjust_brightness": ["adjust_brightness(1.3)"],
    "adjust_contrast": ["adjust_contrast(0.6)"],
    "adjust_saturation": ["adjust_saturation(1.9)"],
    "adjust_hue": ["adjust_hue(-0.2)"],
    "adjust_sharpness": ["adjust_sharpness(0.3)"],
    "permute_channels": ["permute_channels([2, 0, 1])"],
    "invert": ["invert"],
    "posterize": ["posterize(4)"],
    "solarize": ["solarize(77)"],
    "autocontrast": ["autocontrast"],
    "equalize": ["equalize"],
    "jpeg_compress": ["jpeg_compress(55)"],
    "gaussian_blur_fixed": ["gaussian_blur_fixed(5, 1.1)"],
    // Noise
    "gaussian_noise": ["gaussian_noise(sigma: 0.1)"],
    "salt_and_pepper_noise": ["salt_and_pepper_noise"],
    "shot_noise": ["shot_noise"],
    "speckle_noise": ["speckle_noise"],
    "uniform_noise": ["uniform_noise"],
    "add_gaussian_noise": ["add_gaussian_noise(0, 0.1, true, \(key))"],
    "add_salt_and_pepper_noise": ["add_salt_and_pepper_noise(0.1, 0.5, \(key))"],
    "add_shot_noise": ["add_shot_noise(50, true, \(key))"],
    "add_speckle_noise": ["add_speckle_noise(0, 0.2, true, \(key))"],
    "add_uniform_noise": ["add_uniform_noise(-0.1...0.1, true, \(key))"],
    // Model
    "pad_to_square": ["pad_to_square"],
    "letterbox": ["letterbox(20)"],
    "smart_resize": ["smart_resize(factor: 4, min_pixels: 64, max_pixels: 4096)"],
    "any_res_tiles": ["any_res_tiles"],
    "rescale": ["rescale"],
    "qwen_patches": ["qwen_patches"],
    // Tensor
    "to_tensor": ["to_tensor"],
    "pil_to_tensor": ["pil_to_tensor"],
    "to_dtype": ["to_dtype(float16)", "to_dtype(uint8, scale: true)"],
    "normalize": ["normalize(imagenet)", "normalize(mean: [0.1, 0.2, 0.3], std: [1, 2, 3])"],
    "denormalize": ["denormalize(clip)"],
    "erase": ["erase(1, 2, 3, 4, value: 0.5)", "erase(0, 0, 2, 2, value: random, key: \(key))"],
    "random_erasing": ["random_erasing(probability: 1)"],
    // Composition
    "random_apply": ["random_apply([horizontal_flip, color_jitter(brightness: 0.5)], probability: 0.5)"],
    "random_choice": ["random_choice([horizontal_flip, vertical_flip, resize(9)])"],
    "random_order": ["random_order([horizontal_flip, resize(13), posterize(3)])"],
    "rand_augment": ["rand_augment"],
    "trivial_augment_wide": ["trivial_augment_wide"],
    "auto_augment": ["auto_augment"],
    "aug_mix": ["aug_mix"],
    "mix": ["mix(0.5, [0.25, 0.25], [[invert], [posterize(3), solarize(9)]])"],
  ]

  /// Whether a step's text can stand first.
  static func worksOnImages(_ text: String) -> Bool {
    guard let pipeline = try? Pipeline(text: text) else { return false }
    return !pipeline.givesTensor
  }

  /// The text with the conversion that a step on tensors needs before it.
  static func complete(_ text: String) throws -> String {
    let tensorFirst = ["to_dtype", "normalize", "denormalize", "random_erasing", "erase", "qwen_patches"]
    let name = String(text.prefix { $0 != "(" })
    if name == "qwen_patches" { return "smart_resize|to_tensor|\(text)" }
    return tensorFirst.contains(name) ? "to_tensor|\(text)" : text
  }

  /// A JPEG with an EXIF segment that states an orientation, put behind its first marker.
  static func oriented(_ jpeg: [UInt8], orientation: Int) -> [UInt8] {
    let tiff: [UInt8] =
      Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0]
      + [0, 0, 0, 0]
    let payload = Array("Exif\0\0".utf8) + tiff
    return Array(jpeg[..<2]) + [0xFF, 0xE1, 0, UInt8(payload.count + 2)] + payload + jpeg[2...]
  }
}
