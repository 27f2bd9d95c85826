# ruff: noqa: RUF001 - texts in many languages
"""Small texts as programs of many countries write them: each letter comes back, and bad ones are named by row."""

from __future__ import annotations

import json

import pytest

from labeling.errors import InvalidInput
from labeling.formats.rows import Problem, Row
from labeling.formats.text.encodings import check_encoding, sniff_encoding
from tests.labeling.test_reader_tables import read, rows_of

TEXTS = {
    "cp1252 French": "Ça ne marche pas, je suis déçu|Les œufs étaient où déjà ?|Merci à l’équipe|Café à côté",
    "cp1252 English": "Don’t buy, it broke|It’s great – really ‘good’|Costs €5 and is worth it|Works",
    "cp1252 German": "Die Qualität ist schön|Größe paßt nicht|Sehr gut und günstig|Rücksendung nötig",
    "cp1252 Spanish": "¿Dónde está mi pedido?|El niño comió mañana|Muy rápido envío|Pésima calidad, señor",
    "cp1252 Portuguese": "Não recomendo, péssima experiência|Ótimo produto|A descrição não bate|Atenção",
    "cp1252 Italian": "La qualità è pessima|Perché non è arrivato?|È stato più veloce|Tutto bene così",
    "cp1252 Swedish": "Mycket bra köp, jag är nöjd|Dålig kvalitet på tyget|För lång tid|Går sönder",
    "cp1250 Polish": "Świetny produkt, gorąco polecam|Zła jakość, nie działa|Obsługa życzliwa|Późno",
    "cp1250 Czech": "Výborný výrobek, můžu doporučit|Špatná kvalita, přišlo rozbité|Děkuji|Žádná odpověď",
    "cp1250 Hungarian": "Nagyon jó minőség, ajánlom|Összetört dobozban érkezett|Köszönöm|Tűrhetetlen",
    "cp1251 Russian": "Отличный товар, всем советую|Плохое качество, сломался сразу|Спасибо|Не работает",
    "cp1251 Ukrainian": "Чудовий товар, раджу всім|Погана якість, зламався одразу|Дякую|Її не працює",
    "cp1253 Greek": "Πολύ καλό προϊόν, το συνιστώ|Κακή ποιότητα, χάλασε αμέσως|Ευχαριστώ|Δεν λειτουργεί",
    "cp1254 Turkish": "Çok güzel ürün, tavsiye ederim|Kalitesi kötü, hemen kırıldı|Teşekkürler|İğrenç bir şey",
    "cp1255 Hebrew": "מוצר מצוין, ממליץ בחום|איכות גרועה, נשבר מיד|משלוח מהיר|לא עובד בכלל",
    "cp1256 Arabic": "منتج رائع أنصح به الجميع|جودة سيئة وتعطل فورا|توصيل سريع|لا يعمل على الإطلاق",
    "cp1257 Lithuanian": "Labai gera prekė, rekomenduoju|Prasta kokybė, iš karto sulūžo|Ačiū už viską|Žiauriai",
    "cp874 Thai": "สินค้าดีมาก แนะนำเลย|คุณภาพแย่ พังทันที|ส่งเร็ว ขอบคุณมาก|ใช้งานไม่ได้เลย",
    "koi8-r Russian": "Отличный товар, всем советую|Плохое качество, сломался сразу|Спасибо|Не работает",
    "cp932 Japanese": "とても良い商品です|品質が悪く、すぐに壊れました|配送が早かった|まったく動かない",
    "euc-jp Japanese": "とても良い商品です|品質が悪く、すぐに壊れました|配送が早かった|まったく動かない",
    "gb18030 Chinese": "这个产品非常好，值得购买|收到的时候已经坏了|物流太慢了|客服态度差",
    "big5 Chinese": "這個產品非常好，值得購買|收到的時候已經壞了|物流太慢了|客服態度差",
    "cp949 Korean": "정말 좋은 제품입니다 추천해요|품질이 나쁘고 바로 고장났어요|배송이 빨라요|작동하지 않아요",
    "mac-roman French": "Ça ne marche pas, je suis déçu|Les œufs étaient où déjà ?|Merci à l’équipe|Café à côté",
    "cp850 German": "Die Qualität ist schön|Größe paßt nicht|Sehr gut und günstig|Rücksendung nötig",
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("n_rows", [4, 40])
def test_a_small_table_of_any_country_is_read_letter_by_letter(name: str, n_rows: int) -> None:
    encoding = name.split()[0]
    texts = [TEXTS[name].split("|")[i % 4] for i in range(n_rows)]
    content = "text;label\r\n" + "".join(f'"{text}";{"ab"[i % 2]}\r\n' for i, text in enumerate(texts))

    rows = rows_of(read(content.encode(encoding)))

    assert [row.text for row in rows] == texts
    assert {row.label for row in rows} == {"a", "b"}


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl"])
def test_unicode_is_read_with_and_without_a_mark_in_each_format(encoding: str, suffix: str) -> None:
    objects = [{"text": f"Straße 北京 №{i} 😀", "label": "ja"} for i in range(5)]
    content = {
        "csv": "text,label\n" + "".join(f"{row['text']},{row['label']}\n" for row in objects),
        "json": json.dumps(objects, ensure_ascii=False),
        "jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in objects),
    }[suffix]

    rows = rows_of(read(content.encode(encoding), f"data.{suffix}"))

    assert [row.text for row in rows] == [row["text"] for row in objects]


@pytest.mark.parametrize("name", ["cp932 Japanese", "gb18030 Chinese", "big5 Chinese", "cp949 Korean"])
def test_a_page_of_several_bytes_is_read_right_however_the_sample_is_cut(name: str) -> None:
    encoding = name.split()[0]
    text = TEXTS[name].replace("|", "")
    for shift in range(4):  # somewhere 256 KiB end within a letter
        content = "text\n" + "x" * shift + f"{text * 20}\n" * 600

        rows = rows_of(read(content.encode(encoding)))

        assert len(rows) == 600
        assert rows[-1].text == text * 20


@pytest.mark.parametrize("name", ["cp1252 French", "cp1251 Russian", "cp932 Japanese"])
def test_the_first_letters_beyond_ascii_may_come_late(name: str) -> None:
    text = TEXTS[name].replace("|", " ").replace(",", "")
    content = "text,label\n" + "plain words of a review,a\n" * 20_000 + f"{text},b\n" * 3

    assert rows_of(read(content.encode(name.split()[0])))[-1].text == text


def test_utf_8_with_bad_bytes_stays_utf_8_and_their_rows_are_named() -> None:
    lines = [f"Très bon café {i} – à côté,pos".encode() for i in range(40)]
    lines[7] = lines[7].replace("è".encode(), b"\xe8")
    lines[30] = lines[30].replace("é".encode(), b"\xc3")
    dataset = read(b"text,label\n" + b"\n".join(lines))

    rows = list(dataset.reader.rows())

    assert dataset.options.encoding == "utf-8"
    assert [row.row for row in rows if isinstance(row, Problem)] == [8, 31]
    assert [row.text for row in rows if isinstance(row, Row)] == [
        f"Très bon café {i} – à côté" for i in range(40) if i not in (7, 30)
    ]


def test_a_bad_byte_in_json_leaves_the_other_rows_be() -> None:
    objects = [json.dumps({"text": f"café {i} über Straße"}, ensure_ascii=False).encode() for i in range(9)]
    objects[4] = objects[4].replace("é".encode(), b"\xe9")
    for name, content in (
        ("a.jsonl", b"\n".join(objects)),
        ("a.json", b"[" + b",\n".join(objects) + b"]"),
    ):
        rows = list(read(content, name).reader.rows())

        assert [row.row for row in rows if isinstance(row, Problem)] == [5]
        assert [row.text for row in rows if isinstance(row, Row)][3:5] == [
            "café 3 über Straße",
            "café 5 über Straße",
        ]


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\uD83D \\uDE00"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_half_a_pair_of_surrogates_refuses_its_row_only(half: str, name: str) -> None:
    lines = [
        f'{{"text": "broken {half} here", "label": "a"}}',
        '{"text": "whole \\ud83d\\ude00 \\\\ud83d", "label": "b"}',
    ]
    dataset = read("\n".join(lines) if name == "a.jsonl" else f"[{','.join(lines)}]", name)

    first, second = dataset.reader.rows()

    assert isinstance(first, Problem)
    assert "lone surrogate" in first.message
    assert isinstance(second, Row)
    assert second.text == "whole 😀 \\ud83d"
    assert all("\ud83d" not in example for column in dataset.columns for example in column.examples)


def test_surrogates_are_seen_wherever_the_blocks_of_the_file_end() -> None:
    for n_before in range(65_500, 65_540):
        text = "x" * n_before
        content = f'[{{"text": "{text}\\ud83d\\ude00 \\\\\\ud83d"}}, {{"text": "{text}\\\\\\ud83d\\ude00"}}]'

        first, second = read(content, "a.json", item_type="text").reader.rows()

        assert isinstance(first, Problem)
        assert isinstance(second, Row)
        assert second.text == f"{text}\\😀"


def test_a_broken_column_name_is_shown_mended() -> None:
    lines = [f'{{"te\\ud83dxt": "some words of text {i}", "label": "a"}}' for i in range(3)]
    dataset = read("\n".join(lines), "a.jsonl")

    assert dataset.options.columns == {"te\ufffdxt": "text", "label": "label"}
    assert len(rows_of(dataset)) == 3


@pytest.mark.parametrize(
    "name", ["hex", "hex_codec", "rot13", "rot_13", "zip", "zlib", "bz2", "base64", "uu", "quopri", "idna",
             "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "charmap", "", "klingon",
             "../etc/passwd", "utf-8\n"]
)  # fmt: skip
def test_a_codec_that_is_no_encoding_of_files_is_refused_with_what_is(name: str) -> None:
    with pytest.raises(InvalidInput, match="use utf-8"):
        check_encoding(name)


def test_bytes_that_every_page_reads_alike_are_of_the_commonest() -> None:
    assert sniff_encoding("name\nJosé\n".encode("cp1252")) == "cp1252"
    assert sniff_encoding(b"plain\n") == "utf-8"
    assert sniff_encoding("日本語\n".encode("iso2022_jp")) == "iso2022_jp"


def test_a_broken_character_beside_the_item_is_mended_and_the_row_stays() -> None:
    lines = [
        '{"text": "some words of one", "label": "a", "annotator": "x\\ud83d", "meta": {"s": "bad \\ud83d"}, "tags": ["\\ud83d"]}',
        '{"text": "some words of two", "label": "b", "annotator": "y", "meta": {"s": "good"}, "tags": ["z"]}',
    ]

    first, second = rows_of(read("\n".join(lines), "a.jsonl"))

    assert first.extras == {"meta.s": "bad \ufffd", "tags": ["\ufffd"]}
    assert first.said[0].who == "x\ufffd"
    assert second.extras == {"meta.s": "good", "tags": ["z"]}


# Pages that are read as another one

MISTAKEN = {
    "ru": ["Посылка пришла быстро всё работает", "Сломалось через неделю", "Рекомендую каждому", "Очень красивый цвет"],
    "uk": ["Посилка прийшла швидко усе працює", "Зламалося за тиждень їй не щастить", "Раджу кожному", "Дуже гарний колір"],
    "ar": ["وصل الطرد بسرعة وكل شيء يعمل", "تعطل بعد أسبوع", "أنصح الجميع به", "لون جميل جدا"],
    "cs": ["Zboží přišlo včas a funguje výborně", "Rozbilo se po týdnu škoda", "Doporučuji každému", "Velmi hezká barva těší mě"],
    "el": ["Το δέμα ήρθε γρήγορα και όλα δουλεύουν", "Χάλασε σε μια εβδομάδα", "Το προτείνω σε όλους", "Πολύ ωραίο χρώμα"],
    "zh": ["包裹很快就到了一切正常", "一周后就坏了", "推荐给大家", "颜色非常漂亮"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "page"),
    [
        ("ru", "iso8859-5"), ("uk", "iso8859-5"), ("ar", "iso8859-6"), ("cs", "iso8859-2"), ("ru", "mac-cyrillic"),
        ("el", "mac-greek"), ("el", "cp737"), ("zh", "hz"), ("ru", "cp1251"), ("uk", "cp1251"), ("ar", "cp1256"),
        ("cs", "cp1250"), ("el", "cp1253"), ("ru", "koi8-r"), ("uk", "koi8-u"), ("zh", "gb18030"),
    ],
)  # fmt: skip
def test_a_page_of_one_language_is_read_or_asked_with_the_right_one_chosen(language: str, page: str) -> None:
    lines = [f"{i},{text},{'ab'[i % 2]}" for i, text in enumerate(MISTAKEN[language] * 3)]

    dataset = read("\n".join(["id,text,label", *lines]).encode(page))

    assert [row.text for row in rows_of(dataset)] == MISTAKEN[language] * 3


@pytest.mark.parametrize(
    ("page", "labels"),
    [
        ("cp1250", ("źle", "świetnie")), ("cp1251", ("да", "нет")), ("cp1252", ("größer", "kleiner")),
        ("cp1252", ("élevé", "moyen")), ("cp1250", ("možná", "ne")), ("cp1254", ("iyi", "kötü değil")),
    ],
)  # fmt: skip
def test_labels_alone_tell_the_page_of_an_english_table(page: str, labels: tuple[str, str]) -> None:
    lines = [f"{i},The parcel came on day {i} and works,{labels[i % 2]}" for i in range(24)]

    dataset = read("\n".join(["id,text,label", *lines]).encode(page))

    assert {row.label for row in rows_of(dataset)} == set(labels)


@pytest.mark.parametrize(("page", "labels"), [("cp1250", ("źle", "świetnie")), ("cp1251", ("да", "нет"))])
def test_where_few_words_speak_it_is_asked(page: str, labels: tuple[str, str]) -> None:
    lines = [f"{i},The parcel came on day {i} and works,{labels[i % 2]}" for i in range(24)]

    dataset = read("\n".join(["id,text,label", *lines]).encode(page))

    assert dataset.pages[0].encoding == page
    assert len(dataset.pages) == 2


def test_the_euro_of_its_own_page_is_one_and_it_is_asked() -> None:
    text = "text,label\n" + "\n".join(f"It costs {i} \u20ac,a" for i in range(9))

    dataset = read(text.encode("iso8859-15"))

    assert rows_of(dataset)[1].text == "It costs 1 \u20ac"
    assert [page.encoding for page in dataset.pages] == ["iso8859-15", "cp1252"]


def test_signs_in_two_halves_are_read_as_one() -> None:
    pair = "\ud83d\ude00".encode("utf-8", "surrogatepass")

    dataset = read(b"text,label\n" + b"".join(b"fine %d \xc3\xa9 %s,a\n" % (i, pair) for i in range(5)))

    assert dataset.options.encoding == "utf-8"
    assert rows_of(dataset)[2].text == "fine 2 \u00e9 \U0001f600"
