import TestSupport
import Tessera
import Testing

@Suite struct DetectionTests {
  private func boxes(_ values: [Double]) -> [BoundingBox] {
    stride(from: 0, to: values.count, by: 4).map {
      BoundingBox(
        left: values[$0], top: values[$0 + 1], right: values[$0 + 2], bottom: values[$0 + 3], label: $0)
    }
  }

  private func run(_ text: String, _ annotations: Annotations) throws -> Annotations {
    let image = Image(size: Size(width: 37, height: 23), format: .gray)
    let info = PictureInfo(size: image.size, format: .gray, boxes: annotations.boxes)
    let draw = try Pipeline(text: text).draw(for: info, using: RandomStream(seed: 0))
    let moved = try draw.apply(to: image, annotations: annotations).annotations
    #expect(draw.output.boxes == moved.boxes)
    return moved
  }

  @Test("boxes are clipped and sanitised as torchvision's")
  func clampAndSanitize() throws {
    let golden = try Golden("geometry")
    let loose = Annotations(boxes: boxes(try golden.doubles("loose")))
    for (text, name) in [
      ("clamp_bounding_boxes", "loose.clamped"), ("sanitize_bounding_boxes", "loose.sanitized"),
      ("clamp_bounding_boxes|sanitize_bounding_boxes(min_size: 2, min_area: 20)", "loose.both"),
    ] {
      let result = try run(text, loose).boxes.flatMap { [$0.left, $0.top, $0.right, $0.bottom] }
      #expect(result == (try golden.doubles(name)), "\(text)")
    }
  }

  @Test("boxes and keypoints of expanded rotations are torchvision's")
  func expanded() throws {
    let golden = try Golden("geometry")
    let points = try golden.doubles("points")
    let given = Annotations(
      boxes: boxes(try golden.doubles("boxes")),
      keypoints: stride(from: 0, to: points.count, by: 2).map { Point(x: points[$0], y: points[$0 + 1]) })
    for angle in [30, -100] {
      let moved = try run("rotate(\(angle), expand: true)", given)
      let flat = moved.boxes.flatMap { [$0.left, $0.top, $0.right, $0.bottom] }
      for (a, b) in zip(flat, try golden.doubles("expanded.\(angle).boxes")) { #expect(abs(a - b) < 1e-6) }
      let places = moved.keypoints.flatMap { [$0.x, $0.y] }
      for (a, b) in zip(places, try golden.doubles("expanded.\(angle).points")) { #expect(abs(a - b) < 1e-6) }
    }
  }

  @Test("masks go with their boxes where there is one for each, and labels stay with theirs")
  func masksAndLabels() throws {
    let masks = (0..<3).map { Image(size: Size(width: 37, height: 23), format: .gray, repeating: UInt8($0)) }
    let given = boxes([1, 1, 9, 9, 0, 0, 0, 0, 3, 3, 20, 20])
    let result = try run("sanitize_bounding_boxes", Annotations(masks: masks, boxes: given))
    #expect(result.masks == [masks[0], masks[2]])
    #expect(result.boxes.map(\.label) == [0, 8])
    let one = try run("sanitize_bounding_boxes", Annotations(masks: [masks[1]], boxes: given))
    #expect(one.masks == [masks[1]])
  }

  @Test("an IoU crop overlaps a box whose middle it holds by what was drawn, within scale and shape")
  func iouCrop() throws {
    let size = Size(width: 80, height: 60)
    let given = boxes([5, 5, 30, 40, 50, 20, 78, 55, 33, 2, 47, 15])
    for (option, least) in [("0.5", 0.5), ("0.1", 0.1), ("0", 0)] {
      let pipeline = try Pipeline(
        text: "random_iou_crop(sampler_options: [\(option)])|sanitize_bounding_boxes")
      var (crops, offsets) = (0, Set<Int>())
      for sample in 0..<300 {
        let draw = try pipeline.draw(
          for: PictureInfo(size: size, format: .rgb, boxes: given),
          using: RandomStream(seed: 2, sample: UInt64(sample)))
        guard let crop = draw.operations.first as? Crop else { continue }
        crops += 1
        let rect = crop.rect
        offsets.insert(rect.x)
        #expect(Rect(x: 0, y: 0, width: 80, height: 60).contains(rect))
        #expect((24...80).contains(rect.width) && (18...60).contains(rect.height))
        #expect((0.5...2).contains(Double(rect.width) / Double(rect.height)))
        let held = given.filter { box in
          let (x, y) = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
          return Double(rect.x) < x && x < Double(rect.right) && Double(rect.y) < y && y < Double(rect.bottom)
        }
        let overlaps = held.map { box in
          let w = max(0, min(Double(rect.right), box.right) - max(Double(rect.x), box.left))
          let h = max(0, min(Double(rect.bottom), box.bottom) - max(Double(rect.y), box.top))
          return w * h / (box.area + Double(rect.width * rect.height) - w * h)
        }
        #expect((overlaps.max() ?? -1) >= least)
        let lost = draw.operations.compactMap { $0 as? VoidBoxes }.flatMap(\.indices)
        #expect(lost.count == given.count - held.count)
        #expect(Set(draw.output.boxes.map(\.label)).isSubset(of: Set(held.map(\.label))))
      }
      #expect(crops > 250, "\(option): \(crops)")
      #expect(offsets.count > 15, "\(option)")
    }
  }

  @Test("an IoU crop leaves pictures alone for option 1, without boxes, and when nothing fits")
  func iouCropLeaves() throws {
    var random = RandomStream(seed: 1)
    let picture = PictureInfo(size: Size(40), format: .rgb, boxes: boxes([1, 1, 2, 2]))
    #expect(try RandomIoUCrop(samplerOptions: [1]).draw(for: picture, using: &random).isEmpty)
    #expect(try RandomIoUCrop(samplerOptions: [0.9]).draw(for: picture, using: &random).isEmpty)
    let bare = PictureInfo(size: Size(40), format: .rgb)
    #expect(try RandomIoUCrop().draw(for: bare, using: &random).isEmpty)
  }

  @Test("later draws see the boxes where earlier operations put them")
  func boxesMoveWithTheDraw() throws {
    let draw = try Pipeline(text: "pad(10)|horizontal_flip|crop(0, 5, 30, 20)").draw(
      for: PictureInfo(size: Size(width: 20, height: 15), format: .rgb, boxes: boxes([2, 3, 8, 9])),
      using: RandomStream(seed: 0))
    #expect(draw.infos.map { $0.boxes[0].left } == [12, 22, 22])
    #expect(draw.infos.map { $0.boxes[0].top } == [13, 13, 8])
  }
}
