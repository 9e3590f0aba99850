import Testing

import TesseraText
