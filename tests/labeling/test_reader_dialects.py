# ruff: noqa: RUF001 - texts in many languages
"""How spreadsheets and databases write tables: what stands above, beside and within them is seen, and told."""

from __future__ import annotations

import pytest

from labeling.formats.rows import Problem, Row
from tests.labeling.test_reader_tables import read, rows_of


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=\t", "sep=|", "sep=^"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_line_that_names_the_delimiter_is_no_row(line: str, ending: str) -> None:
    mark = line.strip('"')[-1]
    lines = [line, f"text{mark}label", f"Eins, zwei{mark}gut", f"Drei{mark}schlecht"]

    dataset = read(ending.join(lines) + ending)

    assert dataset.options.delimiter == mark
    assert [(row.number, row.text, row.label) for row in rows_of(dataset)] == [
        (1, "Eins, zwei", "gut"),
        (2, "Drei", "schlecht"),
    ]
    assert any("above the table" in note for note in dataset.notes)


@pytest.mark.parametrize(
    "above",
    [
        "Umsatz 2024\n",
        "Report of March, all shops\n\n",
        "Report;;\nmade by Ada;;\n;;\n",
        '"A title\nof two lines";;\n',
    ],
)
def test_titles_above_the_header_are_passed_over_and_said(above: str) -> None:
    rows = "".join(f"{i};a text about something, number {i};{'ab'[i % 2]}\n" for i in range(12))

    dataset = read(f"{above}id;text;label\n{rows}")

    assert dataset.options.has_header is True
    assert [column.name for column in dataset.columns] == ["id", "text", "label"]
    assert len(rows_of(dataset)) == 12
    assert any("above the table" in note for note in dataset.notes)


def test_a_plain_table_has_nothing_above_it() -> None:
    dataset = read("id,text,label\n1,,a\n2,some text here,b\n3,more text here,a\n")

    assert dataset.options.skip_lines == 0
    assert dataset.notes == []


@pytest.mark.parametrize("header", ["text;label;", "text;label"])
@pytest.mark.parametrize("row", ["a cat;cat;", "a cat;cat"])
def test_a_delimiter_at_the_end_of_lines_makes_no_column(header: str, row: str) -> None:
    dataset = read(f"{header}\n" + f"{row}\n" * 4)

    assert [column.name for column in dataset.columns] == ["text", "label"]
    assert [(row.text, row.label) for row in rows_of(dataset)] == [("a cat", "cat")] * 4


def test_an_unnamed_column_that_holds_something_stays() -> None:
    dataset = read("text,label,\na cat,cat,x1\na dog,dog,x2\n")

    assert [column.name for column in dataset.columns] == ["text", "label", "column 3"]


def test_a_header_that_comes_again_is_left_out_and_named() -> None:
    dataset = read("text,label\na cat,cat\ntext,label\na dog,dog\n")

    rows = list(dataset.reader.rows())

    assert [row.message for row in rows if isinstance(row, Problem)] == [
        "The row repeats the header, so it was left out."
    ]
    assert [(row.number, row.label) for row in rows if isinstance(row, Row)] == [(1, "cat"), (3, "dog")]


def test_names_of_rows_that_the_header_leaves_out_are_a_column() -> None:
    """As write.table of R does."""
    dataset = read('"text","label"\n"1","a cat sat here","cat"\n"2","a dog sat here","dog"\n')

    assert [column.name for column in dataset.columns] == ["column 1", "text", "label"]
    assert [row.label for row in rows_of(dataset)] == ["cat", "dog"]


def test_a_total_beneath_the_table_is_named() -> None:
    rows = list(read("id;text;label\n1;a cat here;cat\n2;a dog here;dog\nTotal: 2\n").reader.rows())

    assert [(row.row, "total" in row.message) for row in rows if isinstance(row, Problem)] == [(3, True)]


def test_decimal_commas_are_numbers() -> None:
    lines = [
        f"{i},5;1.{i}00,25;{'-' if i % 2 else ''}0,{i};{i};v1,{i};{'ja' if i % 2 else 'nein'}"
        for i in range(9)
    ]

    dataset = read("preis;menge;diff;n;version;kauf\n" + "\n".join(lines))

    assert dataset.item_type == "table"
    assert dataset.options.decimal == ","
    assert rows_of(dataset)[3].features == {
        "preis": 3.5,
        "menge": 1300.25,
        "diff": -0.3,
        "n": 3,
        "version": "v1,3",
    }
    assert any("decimal comma" in note and "'preis'" in note for note in dataset.notes)


def test_commas_between_thousands_are_no_decimals() -> None:
    lines = [f'"{i},250,000","1,{i}00.50",{"ab"[i % 2]}' for i in range(1, 9)]

    dataset = read("people,income,label\n" + "\n".join(lines))

    assert rows_of(dataset)[1].features == {"people": 2250000, "income": 1200.5}
    assert any("thousands" in note for note in dataset.notes)


def test_a_series_may_have_decimal_commas() -> None:
    header = ";".join(["label", *(f"t{i}" for i in range(20))])
    lines = [";".join(["up", *(f"{j},{i}" for j in range(20))]) for i in range(5)]

    assert rows_of(read("\n".join([header, *lines])))[2].features == [j + 0.2 for j in range(20)]


def test_texts_and_labels_keep_their_commas() -> None:
    rows = rows_of(
        read("text;label\n" + "1,5;0,5\n" * 3, item_type="text", columns={"text": "text", "label": "label"})
    )

    assert (rows[0].text, rows[0].label) == ("1,5", "0,5")


@pytest.mark.parametrize("word", ["NA", "N/A", "None", "null"])
def test_na_is_a_word_among_words_and_missing_among_numbers(word: str) -> None:
    dataset = read(f"country,amount,label\n{word},{word},a\nDE,2,b\n,3,a\nFR,4,b\n")

    rows = rows_of(dataset)

    assert rows[0].features == {"country": word, "amount": None}
    assert rows[2].features == {"country": None, "amount": 3}
    assert any("'country'" in note and repr(word) in note for note in dataset.notes)
    assert not any("'amount'" in note for note in dataset.notes)


def test_quotes_within_fields_may_follow_a_backslash() -> None:
    content = (
        'text,label\n"She said \\"no, never\\" again",a\n"a plain, long text",b\n"C:\\\\dir, \\"x\\"",a\n'
    )

    dataset = read(content)

    assert dataset.options.escape == "\\"
    assert [row.text for row in rows_of(dataset)] == [
        'She said "no, never" again',
        "a plain, long text",
        'C:\\dir, "x"',
    ]


def test_a_path_that_ends_in_a_backslash_is_no_escape() -> None:
    content = 'text,label\n"C:\\new\\",a\n"D:\\, old\\",b\n'

    dataset = read(content)

    assert dataset.options.escape == ""
    assert [row.text for row in rows_of(dataset)] == ["C:\\new\\", "D:\\, old\\"]


def test_apostrophes_may_be_the_quotes() -> None:
    content = "'text','label'\n" + "".join(f"'word, and word {i}','{'ab'[i % 2]}'\n" for i in range(6))

    dataset = read(content)

    assert dataset.options.quote == "'"
    assert rows_of(dataset)[1].text == "word, and word 1"


def test_apostrophes_of_words_are_no_quotes() -> None:
    dataset = read("text,label\n'tis a fine day,a\n'twas a bad one,b\nisn't it,a\n")

    assert dataset.options.quote == '"'
    assert rows_of(dataset)[0].text == "'tis a fine day"


HEADERS = {
    "Chinese": ("编号,内容,标签", "这个产品非常好，值得购买{}", "好评"),
    "Chinese, Taiwan": ("編號,評論,類別", "這個產品非常好，值得購買{}", "正面"),
    "Japanese": ("番号,レビュー,ラベル", "とても良い商品ですのでおすすめします{}", "良い"),
    "Korean": ("번호,리뷰,레이블", "정말 좋은 제품입니다 추천해요 {}", "긍정"),
    "Arabic": ("رقم,النص,التصنيف", "منتج رائع أنصح به الجميع {}", "إيجابي"),
    "Russian": ("номер,отзыв,метка", "Отличный товар всем советую {}", "хорошо"),
    "Ukrainian": ("номер,відгук,категорія", "Чудовий товар раджу всім {}", "добре"),
    "Hebrew": ("מזהה,טקסט,תווית", "מוצר מצוין ממליץ בחום {}", "חיובי"),
    "Thai": ("รหัส,ข้อความ,หมวดหมู่", "สินค้าดีมากแนะนำเลยครับ{}", "ดี"),
    "Hindi": ("आईडी,समीक्षा,लेबल", "बहुत अच्छा उत्पाद है खरीदें {}", "अच्छा"),
    "Greek": ("αναγνωριστικό,σχόλιο,κατηγορία", "Πολύ καλό προϊόν το συνιστώ {}", "καλό"),
    "French": ("identifiant,commentaire,étiquette", "Très bon produit je recommande {}", "bon"),
    "German": ("Nr,Bewertungstext,Kategorie", "Sehr gutes Produkt das ich empfehle {}", "gut"),
    "Spanish": ("identificador,reseña,categoría", "Muy buen producto lo recomiendo {}", "bueno"),
    "Turkish": ("kimlik,yorum,etiket", "Çok güzel ürün tavsiye ederim {}", "iyi"),
    "Polish": ("identyfikator,opinia,etykieta", "Świetny produkt gorąco polecam {}", "dobra"),
}


@pytest.mark.parametrize("language", HEADERS)
def test_headers_of_many_languages_name_texts_and_labels(language: str) -> None:
    header, text, label = HEADERS[language]
    lines = [f"{i},{text.format(i)},{label if i % 2 else 'x'}" for i in range(12)]

    dataset = read("\n".join([header, *lines]))

    names = header.split(",")
    assert dataset.item_type == "text"
    assert (dataset.options.columns or {})[names[1]] == "text"
    assert (dataset.options.columns or {})[names[2]] == "label"
    assert rows_of(dataset)[1].text == text.format(1)


def test_a_file_without_header_loses_no_row() -> None:
    for lines in (
        [f"{'很好' if i % 2 else '太差'},这个产品的质量和服务怎么样呢{i}" for i in range(12)],
        [f"{('ham', 'spam')[i % 2]},some message with number {i}" for i in range(12)],
    ):
        dataset = read("\n".join(lines))

        assert dataset.options.has_header is False
        assert len(rows_of(dataset)) == 12
        assert dataset.options.columns == {"column 1": "label", "column 2": "text"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '[{"text": "one"}, {"text": "two"}]'),
        ("a.jsonl", '[\n{"text": "one"},\n{"text": "two"}\n]'),
        ("a.json", '{"text": "one"}\n{"text": "two"}\n'),
        ("a.json", '\n\n{"text": "one"}\r\n{"text": "two"}'),
        ("a.txt", '{"text": "one"}\n{"text": "two"}\n'),
        ("a.ndjson", '[{"text": "one"},\n{"text": "two"}]'),
    ],
)
def test_json_is_told_by_its_content(name: str, content: str) -> None:
    assert [row.text for row in rows_of(read(content, name))] == ["one", "two"]


def test_a_rare_delimiter_is_found_where_no_other_makes_columns() -> None:
    dataset = read("text^label\na cat, or two^cat\na dog^dog\n")

    assert dataset.options.delimiter == "^"
    assert [row.label for row in rows_of(dataset)] == ["cat", "dog"]


def test_a_header_is_seen_above_numbers_with_decimal_commas() -> None:
    dataset = read("name;note\r\nAnna;1,5\r\nBert;2,0\r\n", item_type="table")

    assert dataset.options.has_header is True
    assert [row.features for row in rows_of(dataset)] == [
        {"name": "Anna", "note": 1.5},
        {"name": "Bert", "note": 2.0},
    ]
