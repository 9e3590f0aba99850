// swift-format-ignore-file
// Written by the test `theFileHoldsEveryExample`: every example as `Pipeline.swiftSource` prints it.
import TesseraCore
import TesseraTransforms

enum SwiftForms {
  static let all: [(String, @Sendable () -> Pipeline)] = [
(#"add_gaussian_noise(0, 0.1, true, k0123456789abcdef0123456789abcdef01234567)"#, { Pipeline {
  AddGaussianNoise(mean: 0, sigma: 0.1, clip: true, key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743))
}
 }),
(#"add_salt_and_pepper_noise(0.1, 0.5, k0123456789abcdef0123456789abcdef01234567)"#, { Pipeline {
  AddSaltAndPepperNoise(amount: 0.1, saltShare: 0.5, key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743))
}
 }),
(#"add_shot_noise(50, true, k0123456789abcdef0123456789abcdef01234567)"#, { Pipeline {
  AddShotNoise(photons: 50, clip: true, key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743))
}
 }),
(#"add_speckle_noise(0, 0.2, true, k0123456789abcdef0123456789abcdef01234567)"#, { Pipeline {
  AddSpeckleNoise(mean: 0, sigma: 0.2, clip: true, key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743))
}
 }),
(#"add_uniform_noise(-0.1...0.1, true, k0123456789abcdef0123456789abcdef01234567)"#, { Pipeline {
  AddUniformNoise(range: -0.1...0.1, clip: true, key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743))
}
 }),
(#"adjust_brightness(1.3)"#, { Pipeline {
  AdjustBrightness(factor: 1.3)
}
 }),
(#"adjust_contrast(0.6)"#, { Pipeline {
  AdjustContrast(factor: 0.6)
}
 }),
(#"adjust_hue(-0.2)"#, { Pipeline {
  AdjustHue(shift: -0.2)
}
 }),
(#"adjust_saturation(1.9)"#, { Pipeline {
  AdjustSaturation(factor: 1.9)
}
 }),
(#"adjust_sharpness(0.3)"#, { Pipeline {
  AdjustSharpness(factor: 0.3)
}
 }),
(#"affine(12, translate: [2, -3], scale: 1.1, shear: [4, 0], filter: bilinear)"#, { Pipeline {
  Affine(angle: 12, translate: Point(x: 2, y: -3), scale: 1.1, shear: Point(x: 4, y: 0), filter: .bilinear)
}
 }),
(#"any_res_tiles"#, { Pipeline {
  AnyResTiles()
}
 }),
(#"aug_mix"#, { Pipeline {
  AugMix()
}
 }),
(#"auto_augment"#, { Pipeline {
  AutoAugment()
}
 }),
(#"autocontrast"#, { Pipeline {
  Autocontrast()
}
 }),
(#"center_crop(11)"#, { Pipeline {
  CenterCrop(Size(11))
}
 }),
(#"center_crop([30, 8])"#, { Pipeline {
  CenterCrop(Size(width: 8, height: 30))
}
 }),
(#"center_crop(9, rounding: floor)"#, { Pipeline {
  CenterCrop(Size(9), rounding: .floor)
}
 }),
(#"clamp_bounding_boxes"#, { Pipeline {
  ClampBoundingBoxes()
}
 }),
(#"color_jitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)"#, { Pipeline {
  ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
}
 }),
(#"convert_rgb"#, { Pipeline {
  ConvertToRGB()
}
 }),
(#"convert_rgb(background: [10, 200, 30])"#, { Pipeline {
  ConvertToRGB(background: Fill([10, 200, 30]))
}
 }),
(#"crop(0, 0, 1, 1)"#, { Pipeline {
  Crop(x: 0, y: 0, width: 1, height: 1)
}
 }),
(#"to_tensor|denormalize(clip)"#, { Pipeline {
  ToTensor()
  Denormalize(.clip)
}
 }),
(#"elastic(k0123456789abcdef0123456789abcdef01234567, alpha: [15], sigma: [2])"#, { Pipeline {
  Elastic(key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743), alpha: [15], sigma: [2])
}
 }),
(#"elastic_transform(alpha: [20], sigma: [3])"#, { Pipeline {
  ElasticTransform(alpha: [20], sigma: [3])
}
 }),
(#"equalize"#, { Pipeline {
  Equalize()
}
 }),
(#"to_tensor|erase(1, 2, 3, 4, value: 0.5)"#, { Pipeline {
  ToTensor()
  Erase(x: 1, y: 2, width: 3, height: 4, value: .values([0.5]))
}
 }),
(#"to_tensor|erase(0, 0, 2, 2, value: random, key: k0123456789abcdef0123456789abcdef01234567)"#, { Pipeline {
  ToTensor()
  Erase(x: 0, y: 0, width: 2, height: 2, value: .random, key: RandomStream.Key(key: [19088743, 2309737967], high: [19088743, 2309737967], operation: 19088743))
}
 }),
(#"five_crop(6)"#, { Pipeline {
  FiveCrop(Size(6))
}
 }),
(#"gaussian_blur(3, sigma: 0.5...1.5)"#, { Pipeline {
  GaussianBlur(kernelSize: 3, sigma: 0.5...1.5)
}
 }),
(#"gaussian_blur_fixed(5, 1.1)"#, { Pipeline {
  GaussianBlurFixed(kernelSize: 5, sigma: 1.1)
}
 }),
(#"gaussian_noise"#, { Pipeline {
  GaussianNoise()
}
 }),
(#"grayscale"#, { Pipeline {
  Grayscale()
}
 }),
(#"grayscale(num_output_channels: 3)"#, { Pipeline {
  Grayscale(outputChannels: 3)
}
 }),
(#"horizontal_flip"#, { Pipeline {
  HorizontalFlip()
}
 }),
(#"invert"#, { Pipeline {
  Invert()
}
 }),
(#"jpeg(30...90)"#, { Pipeline {
  JPEG(quality: 30...90)
}
 }),
(#"jpeg_compress(55)"#, { Pipeline {
  JPEGCompress(quality: 55)
}
 }),
(#"letterbox(20)"#, { Pipeline {
  Letterbox(Size(20))
}
 }),
(#"mix(0.5, [0.25, 0.25], [[invert], [posterize(3), solarize(9)]])"#, { Pipeline {
  Mix(original: 0.5, weights: [0.25, 0.25], chains: [[Invert()], [Posterize(bits: 3), Solarize(threshold: 9)]])
}
 }),
(#"to_tensor|normalize(imagenet)"#, { Pipeline {
  ToTensor()
  Normalize(.imageNet)
}
 }),
(#"to_tensor|normalize(mean: [0.1, 0.2, 0.3], std: [1, 2, 3])"#, { Pipeline {
  ToTensor()
  Normalize(mean: [0.1, 0.2, 0.3], standardDeviation: [1, 2, 3])
}
 }),
(#"pad(3)"#, { Pipeline {
  Pad(EdgeInsets(left: 3, top: 3, right: 3, bottom: 3))
}
 }),
(#"pad([1, 2, 3, 0], fill: 7)"#, { Pipeline {
  Pad(EdgeInsets(left: 1, top: 2, right: 3, bottom: 0), fill: Fill([7]))
}
 }),
(#"pad(1, padding_mode: edge)"#, { Pipeline {
  Pad(EdgeInsets(left: 1, top: 1, right: 1, bottom: 1), paddingMode: .edge)
}
 }),
(#"pad_to_square"#, { Pipeline {
  PadToSquare()
}
 }),
(#"permute_channels([2, 0, 1])"#, { Pipeline {
  PermuteChannels(order: [2, 0, 1])
}
 }),
(#"perspective([1, 0.05, 1, 0.02, 0.9, 0, 0.001, 0], filter: bicubic)"#, { Pipeline {
  Perspective(coefficients: [1, 0.05, 1, 0.02, 0.9, 0, 0.001, 0], filter: .bicubic)
}
 }),
(#"pil_to_tensor"#, { Pipeline {
  PILToTensor()
}
 }),
(#"posterize(4)"#, { Pipeline {
  Posterize(bits: 4)
}
 }),
(#"smart_resize|to_tensor|qwen_patches"#, { Pipeline {
  SmartResize()
  ToTensor()
  QwenPatches()
}
 }),
(#"rand_augment"#, { Pipeline {
  RandAugment()
}
 }),
(#"random_adjust_sharpness(1.7, probability: 1)"#, { Pipeline {
  RandomAdjustSharpness(factor: 1.7, probability: 1)
}
 }),
(#"random_affine(20, translate: [0.1, 0.2], scale: 0.8...1.2, shear: 5, filter: bicubic, fill: 9)"#, { Pipeline {
  RandomAffine(degrees: -20...20, translate: [0.1, 0.2], scale: 0.8...1.2, shear: ShearRange(x: -5...5), filter: .bicubic, fill: Fill([9]))
}
 }),
(#"random_apply([horizontal_flip, color_jitter(brightness: 0.5)])"#, { Pipeline {
  RandomApply([HorizontalFlip(), ColorJitter(brightness: 0.5)])
}
 }),
(#"random_autocontrast(probability: 1)"#, { Pipeline {
  RandomAutocontrast(probability: 1)
}
 }),
(#"random_channel_permutation"#, { Pipeline {
  RandomChannelPermutation()
}
 }),
(#"random_choice([horizontal_flip, vertical_flip, resize(9)])"#, { Pipeline {
  RandomChoice([HorizontalFlip(), VerticalFlip(), Resize(9)])
}
 }),
(#"random_crop(7)"#, { Pipeline {
  RandomCrop(Size(7))
}
 }),
(#"random_crop([9, 12], padding: [1, 2, 3, 4], pad_if_needed: true, padding_mode: edge)"#, { Pipeline {
  RandomCrop(Size(width: 12, height: 9), padding: EdgeInsets(left: 1, top: 2, right: 3, bottom: 4), padIfNeeded: true, paddingMode: .edge)
}
 }),
(#"random_equalize(probability: 1)"#, { Pipeline {
  RandomEqualize(probability: 1)
}
 }),
(#"to_tensor|random_erasing(probability: 1)"#, { Pipeline {
  ToTensor()
  RandomErasing(probability: 1)
}
 }),
(#"random_grayscale(probability: 0.7)"#, { Pipeline {
  RandomGrayscale(probability: 0.7)
}
 }),
(#"random_horizontal_flip"#, { Pipeline {
  RandomHorizontalFlip()
}
 }),
(#"random_horizontal_flip(probability: 1)"#, { Pipeline {
  RandomHorizontalFlip(probability: 1)
}
 }),
(#"random_invert(probability: 1)"#, { Pipeline {
  RandomInvert(probability: 1)
}
 }),
(#"random_iou_crop"#, { Pipeline {
  RandomIoUCrop()
}
 }),
(#"random_order([horizontal_flip, resize(13), posterize(3)])"#, { Pipeline {
  RandomOrder([HorizontalFlip(), Resize(13), Posterize(bits: 3)])
}
 }),
(#"random_perspective(distortion_scale: 0.4, probability: 1)"#, { Pipeline {
  RandomPerspective(distortionScale: 0.4, probability: 1)
}
 }),
(#"random_photometric_distort(probability: 1)"#, { Pipeline {
  RandomPhotometricDistort(probability: 1)
}
 }),
(#"random_posterize(3, probability: 1)"#, { Pipeline {
  RandomPosterize(bits: 3, probability: 1)
}
 }),
(#"random_resize(8, 30)"#, { Pipeline {
  RandomResize(8, 30)
}
 }),
(#"random_resized_crop(14)"#, { Pipeline {
  RandomResizedCrop(Size(14))
}
 }),
(#"random_resized_crop([6, 15], filter: nearest)"#, { Pipeline {
  RandomResizedCrop(Size(width: 15, height: 6), filter: .nearest)
}
 }),
(#"random_rotation(30, filter: bilinear, expand: true)"#, { Pipeline {
  RandomRotation(degrees: -30...30, filter: .bilinear, expand: true)
}
 }),
(#"random_rotation(-10...45)"#, { Pipeline {
  RandomRotation(degrees: -10...45)
}
 }),
(#"random_shortest_size([10, 20], max_size: 40)"#, { Pipeline {
  RandomShortestSize([10, 20], maxSize: 40)
}
 }),
(#"random_solarize(100, probability: 1)"#, { Pipeline {
  RandomSolarize(threshold: 100, probability: 1)
}
 }),
(#"random_vertical_flip"#, { Pipeline {
  RandomVerticalFlip()
}
 }),
(#"random_zoom_out(probability: 1)"#, { Pipeline {
  RandomZoomOut(probability: 1)
}
 }),
(#"resampling(pillow@11)"#, { Pipeline {
  Resampling(.pillow11)
}
 }),
(#"rescale"#, { Pipeline {
  Rescale()
}
 }),
(#"resize(20)"#, { Pipeline {
  Resize(20)
}
 }),
(#"resize([9, 31], filter: lanczos)"#, { Pipeline {
  Resize(Size(width: 31, height: 9), filter: .lanczos)
}
 }),
(#"resize(12, filter: bicubic, max_size: 25)"#, { Pipeline {
  Resize(12, filter: .bicubic, maxSize: 25)
}
 }),
(#"resize_to(8, 19)"#, { Pipeline {
  ResizeTo(width: 8, height: 19)
}
 }),
(#"resize_to(5, 5, filter: bilinear, reducing_gap: 2)"#, { Pipeline {
  ResizeTo(width: 5, height: 5, filter: .bilinear, reducingGap: 2)
}
 }),
(#"rotate(33)"#, { Pipeline {
  Rotate(33)
}
 }),
(#"rotate(-90, filter: bicubic, expand: true, center: [3, 4], fill: [1, 2, 3])"#, { Pipeline {
  Rotate(-90, filter: .bicubic, expand: true, center: Point(x: 3, y: 4), fill: Fill([1, 2, 3]))
}
 }),
(#"salt_and_pepper_noise"#, { Pipeline {
  SaltAndPepperNoise()
}
 }),
(#"sanitize_bounding_boxes"#, { Pipeline {
  SanitizeBoundingBoxes()
}
 }),
(#"scale_jitter(24)"#, { Pipeline {
  ScaleJitter(Size(24))
}
 }),
(#"shot_noise"#, { Pipeline {
  ShotNoise()
}
 }),
(#"smart_resize(factor: 4, min_pixels: 64, max_pixels: 4096)"#, { Pipeline {
  SmartResize(factor: 4, minPixels: 64, maxPixels: 4096)
}
 }),
(#"solarize(77)"#, { Pipeline {
  Solarize(threshold: 77)
}
 }),
(#"speckle_noise"#, { Pipeline {
  SpeckleNoise()
}
 }),
(#"ten_crop(6, vertical_flip: true)"#, { Pipeline {
  TenCrop(Size(6), verticalFlip: true)
}
 }),
(#"to_tensor|to_dtype(float16)"#, { Pipeline {
  ToTensor()
  ToDType(.float16)
}
 }),
(#"to_tensor|to_dtype(uint8, scale: true)"#, { Pipeline {
  ToTensor()
  ToDType(.uint8, scale: true)
}
 }),
(#"to_tensor"#, { Pipeline {
  ToTensor()
}
 }),
(#"trivial_augment_wide"#, { Pipeline {
  TrivialAugmentWide()
}
 }),
(#"uniform_noise"#, { Pipeline {
  UniformNoise()
}
 }),
(#"vertical_flip"#, { Pipeline {
  VerticalFlip()
}
 }),
(#"void_boxes([])"#, { Pipeline {
  VoidBoxes([])
}
 }),
  ]
}
