"""scikit-learn's classifiers on vectors."""

from training.learners.spec import ITEM_TYPES, LearnerSpec, Param

SPECS = (
    LearnerSpec(
        name="logistic_regression",
        title="Logistic regression",
        description="A linear model. Fast, well calibrated, and the one to beat on text.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:logistic_regression",
        params=(
            Param(
                "C",
                "float",
                1.0,
                1e-4,
                1e4,
                help="Inverse strength of regularization: smaller holds back more.",
                by_item_type={"text": 10.0},
            ),
            Param("balanced", "bool", False, help="Weigh rare classes up to the weight of frequent ones."),
        ),
    ),
    LearnerSpec(
        name="random_forest",
        title="Random forest",
        description="Many trees that vote. Needs no tuning; good on tables.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:random_forest",
        params=(
            Param("n_estimators", "int", 300, 10, 2000, help="Number of trees: more is steadier and slower."),
            Param(
                "min_samples_leaf", "int", 1, 1, 100, help="Fewest rows in a leaf: more gives softer answers."
            ),
            Param("balanced", "bool", False, help="Weigh rare classes up to the weight of frequent ones."),
        ),
        max_dimensions=20_000,
    ),
    LearnerSpec(
        name="gradient_boosting",
        title="Gradient boosting",
        description="Trees that correct each other. Usually the best on tables with hundreds of labels or more.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:gradient_boosting",
        params=(
            Param("learning_rate", "float", 0.1, 0.001, 1.0, help="How much each tree corrects."),
            Param("max_iter", "int", 100, 5, 1000, help="Number of trees per class, at most."),
            Param("max_leaf_nodes", "int", 31, 2, 255, help="Size of each tree."),
        ),
        is_dense=True,
        max_dimensions=100,
    ),
    LearnerSpec(
        name="knn",
        title="Nearest neighbours",
        description="Asks the most similar labeled items. Understands any shape of class, given enough labels.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:knn",
        params=(
            Param("n_neighbors", "int", 5, 1, 200, help="How many neighbours vote."),
            Param(
                "weights", "choice", "distance", choices=("distance", "uniform"), help="Near ones count more?"
            ),
        ),
        is_dense=True,
        max_dimensions=64,
    ),
    LearnerSpec(
        name="svm",
        title="Support vector machine",
        description="A wide margin between classes, with probabilities fitted on held-out folds.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:svm",
        params=(
            Param(
                "C",
                "float",
                1.0,
                1e-4,
                1e4,
                help="Inverse strength of regularization: smaller holds back more.",
                by_item_type={"image": 5.0},
            ),
            Param(
                "kernel",
                "choice",
                "rbf",
                choices=("linear", "rbf"),
                help="rbf bends around classes (approximated above 5,000 labels); linear is fast and suits text.",
                by_item_type={"text": "linear"},
            ),
        ),
    ),
    LearnerSpec(
        name="lda",
        title="Linear discriminant analysis",
        description="One Gaussian per class with a shared shape, shrunk as the data asks. Good with few labels.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:lda",
        is_dense=True,
        max_dimensions=200,
    ),
    LearnerSpec(
        name="qda",
        title="Quadratic discriminant analysis",
        description="One Gaussian per class with its own shape. Gains from confident pseudo-labels.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:qda",
        params=(
            Param(
                "reg_param",
                "float",
                0.1,
                0.001,
                1.0,
                help="How far each class's shape is drawn towards a ball: more for few labels.",
            ),
        ),
        is_dense=True,
        max_dimensions=40,
    ),
    LearnerSpec(
        name="naive_bayes",
        title="Naive Bayes",
        description="Counts each feature by itself: multinomial for text, Gaussian for numbers. Instant.",
        item_types=ITEM_TYPES,
        factory="training.learners.classifiers:naive_bayes",
        params=(
            Param(
                "smoothing",
                "float",
                0.01,
                1e-9,
                10.0,
                help="Text: counts added to each word. Numbers: share of the largest variance added to all.",
                by_item_type={"text": 0.1},
            ),
        ),
    ),
)
