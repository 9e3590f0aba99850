import Foundation
import TestSupport
import Tessera
import Testing

@Suite("COCO files")
struct DetectionDatasetTests {
  /// A file of pictures that need not exist: `orientation: .ignore` reads no header.
  static func file(
    _ folder: TemporaryFolder, images: String = #"{"id": 1, "file_name": "a.png", "width": 6, "height": 4}"#,
    annotations: [String], categories: String = #"{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}"#
  ) throws -> String {
    try folder.write(
      """
      {"info": {"x": [1, {"y": "]"}]}, "images": [\(images)], "licenses": [],
       "annotations": [\(annotations.joined(separator: ",\n"))], "categories": [\(categories)]}
      """, "coco.json")
    return folder.path + "/coco.json"
  }

  static func box(_ rest: String, id: Int = 1, category: Int = 3) -> String {
    #"{"image_id": \#(id), "category_id": \#(category), \#(rest)}"#
  }

  @Test("masks are those of pycocotools, to the pixel: polygons of any kind, run lengths of both kinds")
  func masks() async throws {
    let folder = try TemporaryFolder()
    let reply = try await Oracle.coco.run(
      """
      import contextlib
      from pycocotools import mask as tool
      from pycocotools.coco import COCO
      rng = np.random.default_rng(7)
      images, annotations = [], []
      def number(v):
          kind = rng.integers(0, 4)
          return float(v) if kind == 0 else float(round(v)) if kind == 1 else float(round(v * 2) / 2) \\
              if kind == 2 else float(round(v, 2))
      for i in range(120):
          w, h = (int(x) for x in rng.integers(1, 50, 2))
          images.append({'id': i, 'file_name': f'{i}.png', 'width': w, 'height': h})
          for k in range(4):
              if k == 0:      # a ring of corners, sticking out at times
                  n = int(rng.integers(3, 12))
                  turn = np.sort(rng.uniform(0, 2 * np.pi, n))
                  radius = rng.uniform(1, max(w, h), n)
                  xy = np.stack([w / 2 + radius * np.cos(turn), h / 2 + radius * np.sin(turn)], 1)
                  seg = [[number(v) for v in xy.ravel()]]
              elif k == 1:    # several polygons that cross themselves and repeat corners
                  seg = []
                  for _ in range(int(rng.integers(1, 4))):
                      n = int(rng.integers(3, 9))
                      xy = rng.uniform(-5, 5 + max(w, h), (n, 2))
                      if rng.random() < .4:
                          xy[1] = xy[0]
                      if rng.random() < .3:
                          xy[-1] = xy[0]
                      if rng.random() < .3:
                          xy[:, int(rng.integers(0, 2))] = round(float(xy[0, 0]))
                      seg.append([number(v) for v in xy.ravel()])
              else:
                  pixels = (rng.random((h, w)) < rng.choice([0, .02, .5, .98, 1])).astype(np.uint8)
                  if rng.random() < .5:
                      pixels = np.kron(pixels, np.ones((7, 9), np.uint8))[:h, :w]
                  code = tool.encode(np.asfortranarray(pixels))
                  seg = {'size': code['size'], 'counts': code['counts'].decode()}
                  if k == 3:
                      flat = pixels.ravel(order='F')
                      edges = np.flatnonzero(np.diff(flat)) + 1
                      counts = np.diff([0, *edges, flat.size]).tolist()
                      seg['counts'] = counts if flat[0] == 0 else [0] + counts
              annotations.append({'id': len(annotations) + 1, 'image_id': i, 'category_id': int(rng.integers(1, 4)),
                                  'bbox': [0, 0, w, h], 'iscrowd': 0, 'segmentation': seg})
      data = {'images': images, 'annotations': annotations,
              'categories': [{'id': k, 'name': str(k)} for k in [3, 1, 2]]}
      json.dump(data, open(root + '/coco.json', 'w'))
      coco = COCO(root + '/coco.json')
      out = b''.join(np.ascontiguousarray(coco.annToMask(a)).tobytes() for a in annotations)
      """, ["root": .string(folder.path)])
    let path = folder.path + "/coco.json"
    let separate = try DetectionDataset(path, masks: .separate, orientation: .ignore)
    let instances = try DetectionDataset(path, masks: .instances, orientation: .ignore)
    let categories = try DetectionDataset(path, masks: .categories, orientation: .ignore)
    #expect(separate.count == 120)
    var at = 0
    for index in 0..<separate.count {
      let sample = try separate.sample(at: index)
      let pixels = sample.annotations.masks[0].size.area
      var byInstance = [UInt8](repeating: 0, count: pixels)
      var byCategory = byInstance
      for (place, mask) in sample.annotations.masks.enumerated() {
        let expected = Array(reply.bytes[at..<at + pixels])
        at += pixels
        #expect(mask.bytes == expected, "sample \(index), object \(place)")
        for pixel in 0..<pixels where expected[pixel] == 1 {
          byInstance[pixel] = UInt8(place + 1)
          byCategory[pixel] = UInt8(sample.annotations.boxes[place].label + 1)
        }
      }
      #expect(try instances.sample(at: index).annotations.masks.map(\.bytes) == [byInstance])
      #expect(try categories.sample(at: index).annotations.masks.map(\.bytes) == [byCategory])
    }
    #expect(at == reply.bytes.count)
  }

  @Test(
    "boxes become edges, categories labels by their ids, pictures come by their ids, crowds when asked for")
  func boxes() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(
      folder, images: #"{"id": 9, "file_name": "b.png"}, {"id": 1, "file_name": "/x/a.png"}"#,
      annotations: [
        Self.box(#""bbox": [1, 2.5, 3, 4]"#, id: 9, category: 7),
        Self.box(#""bbox": [0, 0, 0, 0], "iscrowd": 0"#, id: 9),
        Self.box(#""bbox": [5, 5, 1, 1], "iscrowd": 1"#, id: 9),
      ])
    let set = try DetectionDataset(path, images: "/pictures", orientation: .ignore)
    #expect(set.count == 2 && set.classes == ["cat", "dog"])
    let first = try set.sample(at: 0)
    #expect(first.pictures[0].name == "/x/a.png" && first.annotations.isEmpty)
    let second = try set.sample(at: 1)
    #expect(second.pictures[0].name == "/pictures/b.png" && second.name == "b.png")
    #expect(
      second.annotations.boxes
        == [
          BoundingBox(left: 1, top: 2.5, right: 4, bottom: 6.5, label: 1),
          BoundingBox(left: 0, top: 0, right: 0, bottom: 0, label: 0),
        ])
    #expect(second.tensors["image_id"] == .int64(Tensor(shape: [], [9])))
    let crowds = try DetectionDataset(path, includesCrowds: true, orientation: .ignore)
    #expect(try crowds.sample(at: 1).annotations.boxes.count == 3)
    #expect(try crowds.fingerprint() != set.fingerprint())
  }

  @Test("boxes and masks are turned with the picture, for each of the eight orientations", arguments: 1...8)
  func orientation(_ number: Int) throws {
    let folder = try TemporaryFolder()
    let stored = Pictures.noise(Size(width: 6, height: 4), .rgb, seed: 1)
    let jpeg = try JPEGEncoder().encode(stored)
    let tiff: [UInt8] =
      Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(number), 0, 0] + [
        0, 0, 0, 0,
      ]
    let payload = Array("Exif\0\0".utf8) + tiff
    try folder.write(jpeg[..<2] + [0xFF, 0xE1, 0, UInt8(payload.count + 2)] + payload + jpeg[2...], "a.jpg")
    let path = try Self.file(
      folder, images: #"{"id": 1, "file_name": "a.jpg", "width": 6, "height": 4}"#,
      annotations: [Self.box(#""bbox": [1, 1, 2, 1], "segmentation": [[1, 1, 3, 1, 3, 2, 1, 2]]"#)])
    let sample = try DetectionDataset(path, masks: .separate).sample(at: 0)
    let ignored = try DetectionDataset(path, masks: .separate, orientation: .ignore).sample(at: 0)
    #expect(ignored.annotations.boxes == [BoundingBox(left: 1, top: 1, right: 3, bottom: 2)])
    let mask = sample.annotations.masks[0]
    #expect(mask == ignored.annotations.masks[0].oriented(exif: number))
    #expect(mask.size == (try ImageDecoder().decode(path: folder.path + "/a.jpg")).size)
    // The pixels inside of the turned box are those of the turned mask.
    let box = sample.annotations.boxes[0]
    for y in 0..<mask.height {
      for x in 0..<mask.width {
        let isInside =
          Double(x) >= box.left && Double(x) < box.right && Double(y) >= box.top && Double(y) < box.bottom
        #expect((mask[x, y] == 1) == isInside)
      }
    }
  }

  @Test("a picture of another size than the file says is an error, and so is one that is not there")
  func wrongSize() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(folder, annotations: [Self.box(#""bbox": [1, 1, 2, 1]"#)])
    let missing = #expect(throws: TesseraError.self) { try DetectionDataset(path).sample(at: 0) }
    #expect(missing?.path == folder.path + "/a.png")
    try folder.write(
      try PNGEncoder().encode(Pictures.noise(Size(width: 4, height: 6), .rgb, seed: 1)), "a.png")
    let error = #expect(throws: TesseraError.self) { try DetectionDataset(path).sample(at: 0) }
    #expect(
      error?.description.contains("6x4") == true || error?.description.contains("6×4") == true,
      "\(String(describing: error))")
  }

  @Test("every wrong annotation is its sample's error, and costs no other sample")
  func wrongAnnotations() throws {
    let folder = try TemporaryFolder()
    let square = #""bbox": [0, 0, 1, 1], "segmentation": "#
    let wrong: [(String, String)] = [
      (Self.box(#""bbox": [0, 0, -1, 2]"#), "negative size"),
      (Self.box(#""bbox": [0, 0, 1]"#), "an array of 3"),
      (Self.box(#""bbox": "x""#), "a string"), (Self.box(#""x": 1"#), "nothing"),
      (Self.box(#""bbox": [0, 0, 1, null]"#), "null"),
      (Self.box(square + "[]", category: 5), "no category has the id 5"),
      (Self.box(square + "[]"), "no polygon"),
      (Self.box(square + "[[1, 2, 3, 4]]"), "3 corners"),
      (Self.box(square + "[[1, 2, 3, 4, 5, 6, 7]]"), "3 corners"),
      (Self.box(square + "[[1, 2, 3, 4, 5, 1e300]]"), "a corner at"),
      (Self.box(square + "[[1, 2, 3, 4, 5, \"6\"]]"), "a string"),
      (Self.box(square + #"{"size": [6, 4], "counts": [24]}"#), "run lengths for 4x6"),
      (Self.box(square + #"{"size": [4, 6], "counts": [23]}"#), "not the 24 pixels"),
      (Self.box(square + #"{"size": [4, 6], "counts": [25, -1]}"#), "not the 24 pixels"),
      (
        Self.box(square + #"{"size": [4, 6], "counts": [9223372036854775807, 9223372036854775807]}"#),
        "not the 24 pixels"
      ),
      (Self.box(square + #"{"size": [4, 6], "counts": "zzzzzzzzzzzzzzzz"}"#), "the character z"),
      (Self.box(square + #"{"size": [4, 6], "counts": "P"}"#), "ends early"),
      // Differences of 2⁵⁴ each, which together are beyond all numbers.
      (
        Self.box(
          square + #"{"size": [4, 6], "counts": "\#(String(repeating: "oooooooooo?", count: 600))"}"#),
        "not the 24 pixels"
      ),
      (Self.box(square + #"{"counts": "8"}"#), "a size"),
      (Self.box(square + "5"), "a number"), (Self.box(#""bbox": [0, 0, 1, 1]"#), "nothing"),
      (Self.box(square + #"[[1, 1, 2, 2, 3, 1]], "iscrowd": 2"#), "iscrowd"),
      (#"{"image_id": 1, "bbox": [0, 0, 1, 1]}"#, "category_id"),
    ]
    for (annotation, message) in wrong {
      let path = try Self.file(
        folder,
        images:
          #"{"id": 1, "file_name": "a.png", "width": 6, "height": 4}, {"id": 2, "file_name": "b.png", "width": 6, "height": 4}"#,
        annotations: [annotation, Self.box(square + "[[1, 1, 4, 1, 4, 3]]", id: 2)])
      let set = try DetectionDataset(path, masks: .instances, orientation: .ignore)
      let error = #expect(throws: TesseraError.self, "\(annotation)") { try set.sample(at: 0) }
      #expect(error?.description.contains(message) == true, "\(annotation): \(String(describing: error))")
      #expect(error?.description.contains("annotation 1") == true && error?.path == path)
      #expect(try set.sample(at: 1).annotations.boxes.count == 1)
      #expect(set.validate(checkingFiles: false).map(\.index) == [0])
    }
  }

  @Test("wrong pictures keep a place; annotations of unknown pictures are listed")
  func wrongPictures() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(
      folder,
      images:
        #"{"id": 4, "file_name": "a.png"}, {"file_name": "b.png"}, {"id": 4, "file_name": "c.png"}, 5, {"id": 2}, {"id": 3, "file_name": "d.png", "width": -1, "height": 2}"#,
      annotations: [
        Self.box(#""bbox": [0, 0, 1, 1]"#, id: 99), #"{"bbox": [0, 0, 1, 1]}"#, "7",
        Self.box(#""bbox": [0, 0, 1, 1]"#, id: 4),
      ])
    let set = try DetectionDataset(path, orientation: .ignore)
    #expect(set.count == 6)
    #expect(try set.sample(at: 2).name == "a.png" && set.sample(at: 2).annotations.boxes.count == 1)
    #expect(set.validate(checkingFiles: false).map(\.index) == [0, 1, 3, 4, 5, nil, nil, nil])
    #expect(
      set.orphans[0].description.contains("annotation 1: ") && set.orphans[0].description.contains("99"))
  }

  @Test("files that are no COCO file are errors: empty, cut, without pictures or categories, with ids twice")
  func noFiles() throws {
    let folder = try TemporaryFolder()
    let good = try String(
      contentsOfFile: Self.file(folder, annotations: [Self.box(#""bbox": [0, 0, 1, 1]"#)]), encoding: .utf8)
    let files = [
      "", "[]", "{}", "null", String(good.dropLast(2)), String(good.prefix(120)), good + "x",
      good.replacingOccurrences(of: "\"images\"", with: "\"imags\""),
      good.replacingOccurrences(of: "\"categories\"", with: "\"c\""),
      good.replacingOccurrences(of: "\"id\": 7", with: "\"id\": 3"),
      good.replacingOccurrences(of: "\"name\": \"dog\"", with: "\"name\": 5"),
    ]
    for text in files {
      try folder.write(text, "x.json")
      let error = #expect(throws: TesseraError.self, "\(text)") {
        try DetectionDataset(folder.path + "/x.json")
      }
      #expect(error?.path == folder.path + "/x.json" && error?.stage == .list)
    }
    try folder.write(#"{"images": []}"#, "x.json")
    #expect(try DetectionDataset(folder.path + "/x.json").count == 0)
    #expect(throws: TesseraError.self) { try DetectionDataset(folder.path + "/nowhere.json") }
  }

  @Test("a mask over the limit of pixels is refused before it is allocated")
  func limit() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(
      folder, images: #"{"id": 1, "file_name": "a.png", "width": 4000000000, "height": 4000000000}"#,
      annotations: [Self.box(#""bbox": [0, 0, 1, 1], "segmentation": [[0, 0, 1, 0, 1, 1]]"#)])
    let set = try DetectionDataset(path, masks: .instances, orientation: .ignore)
    let error = #expect(throws: TesseraError.self) { try set.sample(at: 0) }
    guard case .limitExceeded = error?.reason else {
      Issue.record("got \(String(describing: error))")
      return
    }
  }

  @Test("masks that would take hours or all memory are refused, however few bytes say them")
  func costlyMasks() throws {
    let folder = try TemporaryFolder()
    let corners = Array(repeating: "0, 0, 1048576, 1048576", count: 300).joined(separator: ", ")
    let square = #""bbox": [0, 0, 1, 1], "segmentation": [[0, 0, 5, 0, 5, 3]]"#
    let cases: [(annotations: [String], masks: DetectionDataset.Masks)] = [
      ([Self.box(#""bbox": [0, 0, 1, 1], "segmentation": [[\#(corners)]]"#)], .instances),
      (Array(repeating: Self.box(square), count: 9), .separate),
    ]
    for (annotations, masks) in cases {
      let set = try DetectionDataset(
        Self.file(folder, annotations: annotations), masks: masks, orientation: .ignore,
        limits: DecodeLimits(pixels: 24))
      let error = #expect(throws: TesseraError.self) { try set.sample(at: 0) }
      guard case .limitExceeded? = error?.reason else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test("fingerprints change with the file and the arguments, and not otherwise; a sample is the same twice")
  func fingerprint() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(
      folder, annotations: [Self.box(#""bbox": [0, 0, 1, 1], "segmentation": [[0, 0, 3, 0, 3, 3]]"#)])
    let set = try DetectionDataset(path, masks: .instances, orientation: .ignore)
    let first = try set.fingerprint()
    #expect(try DetectionDataset(path, masks: .instances, orientation: .ignore).fingerprint() == first)
    #expect(try DetectionDataset(path, masks: .separate, orientation: .ignore).fingerprint() != first)
    #expect(try set.sample(at: 0).annotations == set.sample(at: 0).annotations)
    try folder.write([1, 2], "a.png")
    #expect(try DetectionDataset(path, masks: .instances, orientation: .ignore).fingerprint() != first)
  }
}
