"""What files call their columns, in the languages that they are written in. Pure.

Names are compared without capitals and accents (`fold`), whole or by their words (`words`).
"""

# ruff: noqa: RUF001 - letters of many languages look like others
from __future__ import annotations

import re
import unicodedata


def fold(name: str) -> str:
    """Without capitals, accents and surrounding spaces."""
    name = name.strip()
    if name.isascii():
        return name.lower()
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(name: str) -> list[str]:
    """airlineSentiment_2 -> airline, sentiment."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W\d_]+", fold(split)) if word]


def _folded(*names: str) -> frozenset[str]:
    return frozenset(fold(name) for line in names for name in line.split(","))


ID_NAMES = _folded(
    "id,key,item_id,itemid,uuid,guid,uid,doc_id,example_id,row_id,record_id,sample_id,case_id",
    "编号,序号,編號,序號,番号,識別子,번호,아이디,номер,ид,код записи,معرف,رقم,מזהה,รหัส,आईडी,"
    "identifiant,identificador,identificativo,kennung,identyfikator,azonosító,tunniste,αναγνωριστικό,kimlik",
)
ID_ENDS = frozenset({"id", "key", "uuid", "guid", "nr", "no", "number"})
LABEL_NAMES = _folded(
    "label,class,target,category,y,truth,gold,label_text,class_name,label_name,sentiment,intent,species,topic,"
    "labels,classes",
    "标签,標籤,类别,類別,分类,分類,情感,情感倾向,类标,ラベル,カテゴリ,カテゴリー,クラス,感情,正解,레이블,라벨,분류,"
    "클래스,카테고리,감정,метка,класс,категория,тональность,мітка,клас,категорія,етикет,تصنيف,التصنيف,تسمية,"
    "التسمية,الفئة,فئة,المشاعر,برچسب,دسته,תווית,סיווג,קטגוריה,ป้ายกำกับ,หมวดหมู่,लेबल,श्रेणी,वर्ग,ετικέτα,"
    "κατηγορία,κλάση,étiquette,étiquettes,libellé,classe,catégorie,etiqueta,etiquetas,clase,categoría,"
    "sentimiento,rótulo,categoria,sentimento,etichetta,klasse,kategorie,kategorien,stimmung,beschriftung,"
    "etikett,kategori,kategoria,etykieta,klasa,štítek,třída,kategorie,címke,osztály,kategória,luokka,etiket,"
    "sınıf,kategori,duygu,etichetă,nhãn,phân loại,kelas,oznaka,razred,žyma,klasė",
)
WEAK_LABEL_NAMES = frozenset({"y"})  # a coordinate or a measure as well: any other name goes before them
# As one word of a longer name: airline_sentiment, label (1-5), Kategorie des Artikels.
LABEL_WORDS = (LABEL_NAMES - WEAK_LABEL_NAMES) | _folded("tag,annotation,groundtruth,polarity,emotion,stance")
WEAK_LABEL_WORDS = _folded(
    "rating,stars,overall,grade,mood,diagnosis,outcome,kind,type,genre,verdict,decision,prediction,bewertung,art,typ,"
    "note,valoración,calificación,valutazione,评分,星级,評価,평점,оценка,тип,النوع,התוצאה,ocena,puan,tür"
)
# Of a name's words: what is told of the label or of the row, and is seldom what is asked.
NOT_LABEL_WORDS = _folded(
    "confidence,score,probability,prob,count,counts,id,ids,reason,source,date,time,timestamp,created,updated,"
    "timezone,zone,user,username,name,author,annotator,worker,language,lang,locale,country,city,region,state,"
    "location,url,link,gender,sex,age,device,platform,version,currency,year,month,day,split,fold,index,airline,"
    "brand,store,shop,length,size,asin,sku,isbn,ean,upc,barcode"
)
# Whoever wrote or bought, of whom there are many rows: reviewer_id is no id of the items.
WRITERS = _folded(
    "user,reviewer,author,customer,member,person,account,worker,annotator,rater,buyer,seller,owner"
)
# Long words about a row that are not what it holds; an explanation may even tell the label.
ASIDE_TEXT_WORDS = _folded(
    "reason,explanation,rationale,note,notes,annotator,annotation,answer,response,completion,output,prediction,"
    "prompt,instruction,instructions,guideline,url,link,path,address,author,user,name"
)
TEXT_NAMES = _folded(
    "text,sentence,content,body,message,document,review,title,description,question,subject,headline,comment,"
    "tweet,utterance,abstract,summary,post",
    "内容,文本,正文,评论,評論,句子,标题,標題,文字,內容,テキスト,本文,文章,内容,レビュー,コメント,タイトル,텍스트,"
    "내용,본문,문장,리뷰,댓글,제목,текст,сообщение,отзыв,комментарий,заголовок,описание,повідомлення,відгук,"
    "نص,النص,المحتوى,محتوى,تعليق,التعليق,رسالة,متن,نظر,טקסט,תוכן,הודעה,ข้อความ,เนื้อหา,पाठ,टेक्स्ट,समीक्षा,"
    "κείμενο,σχόλιο,μήνυμα,κριτική,texte,phrase,contenu,commentaire,avis,titre,texto,contenido,comentario,"
    "reseña,mensaje,título,conteúdo,comentário,mensagem,avaliação,testo,contenuto,recensione,commento,"
    "messaggio,titolo,satz,inhalt,nachricht,kommentar,beschreibung,betreff,titel,bericht,tekst,innhold,"
    "meddelande,omdöme,recension,treść,opinia,wiadomość,komentarz,obsah,zpráva,komentář,recenze,szöveg,üzenet,"
    "vélemény,teksti,kommentti,metin,yorum,mesaj,içerik,conținut,comentariu,văn bản,nội dung,bình luận,teks,"
    "ulasan,isi,komentar",
)
# What a last row says that sums up the others.
TOTAL_WORDS = _folded(
    "total,totals,grand total,subtotal,sum,sums,overall total,summe,gesamt,gesamtsumme,insgesamt,total général",
    "somme,totale,somma,suma,total general,soma,totaal,som,totalt,sammanlagt,yhteensä,razem,łącznie,ogółem,celkem",
    "összesen,σύνολο,toplam,итого,всего,сумма,разом,усього,合计,总计,合計,總計,小计,総計,합계,총계,المجموع,الإجمالي",
    "סך הכל,total sum,tổng,tổng cộng,jumlah,รวม,योग,कुल",
)
MEAN_WORDS = _folded(
    "mean,average,avg,mean value,average value,mittelwert,durchschnitt,schnitt,moyenne,media,promedio,média,gemiddelde,"
    "snitt,medelvärde,gennemsnit,gjennomsnitt,keskiarvo,średnia,průměr,átlag,μέσος όρος,ortalama,среднее,середнє,平均,平均値,"
    "平均值,평균,المتوسط,ממוצע,trung bình,rata-rata",
)
IMAGE_NAMES = _folded(
    "image,img,file,filename,file_name,path,image_path,filepath,image_file,image_name,picture,photo",
    "图片,图像,文件名,圖片,画像,ファイル名,이미지,파일명,изображение,файл,картинка,صورة,الصورة,תמונה,fichier,"
    "imagen,archivo,imagem,arquivo,immagine,bild,datei,dateiname,bildname,obraz,plik,soubor,kép,fájl,kuva,resim,"
    "dosya",
)
SERIES_NAMES = frozenset({"series", "values", "signal", "sequence", "timeseries", "time_series", "trace"})
SPLIT_NAMES = frozenset({"split", "set", "subset", "partition"})
# How sure a label is, as one word of a column's name: label_prob, Wahrscheinlichkeit, 置信度.
CONFIDENCE_WORDS = _folded(
    "confidence,conf,probability,prob,proba,certainty,likelihood,softmax,wahrscheinlichkeit,konfidenz,confiance,"
    "probabilité,certitude,vraisemblance,confianza,probabilidad,certeza,confiança,probabilidade,confidenza,fiducia,"
    "probabilità,уверенность,вероятность,достоверность,впевненість,ймовірність,置信度,可信度,概率,信心度,機率,信賴度,"
    "信頼度,確信度,確率,신뢰도,확률,확신도,الثقة,احتمال,güven,olasılık,pewność,ufność,prawdopodobieństwo,betrouwbaarheid,"
    "waarschijnlijkheid,zekerheid,konfidens,sannolikhet,sandsynlighed,sannsynlighet,todennäköisyys,pravděpodobnost,"
    "jistota,valószínűség,bizonyosság,πιθανότητα,βεβαιότητα,độ tin cậy,xác suất",
)
# Of a model's answer, as a whole name.
PREDICTED_NAMES = _folded(
    "vorhersage,prognose,modellantwort,prédiction,prévision,predicción,pronóstico,predição,previsão,predizione,"
    "previsione,прогноз,предсказание,прогнозоване,预测,预测标签,预测结果,預測,予測,予測ラベル,推論,예측,التوقع,توقع,tahmin,"
    "predykcja,prognoza,przewidywanie,voorspelling,prediktion,forudsigelse,prediksjon,ennuste,predikce,predpověď,"
    "előrejelzés,πρόβλεψη,dự đoán,prediksi",
)
CONFIDENCE_NAMES = frozenset({"confidence", "probability", "label_confidence"})
ALL_NAMES = frozenset().union(
    ID_NAMES, LABEL_NAMES, TEXT_NAMES, IMAGE_NAMES, SERIES_NAMES, SPLIT_NAMES, CONFIDENCE_NAMES
)
