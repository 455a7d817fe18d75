"""What the rules of `np.linalg` do where a derivative is a choice, or is none."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck, stop_gradient, value_and_grad

SINGULAR = {
    "regular": np.array([[1.0, 2.0, 0.5], [0.0, 1.5, -1.0], [2.0, 1.0, 1.0]]),
    "rank 2, pivot rounded": np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]),
    "rank 2, pivot exact": np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]]),
    "rank 2, diagonal": np.diag([2.0, 0.0, 2.0]),
    "rank 1": np.ones((3, 3)),
    "zero": np.zeros((3, 3)),
}


def cofactors(a: Any) -> Any:
    """By the definition: signed determinants of what is left without a row and a column."""
    n = len(a)
    return np.array(
        [
            [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)]
            for i in range(n)
        ]
    )


# Determinants


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinants_gradient_is_the_cofactors_at_any_rank(name: str) -> None:
    a = SINGULAR[name]
    np.testing.assert_allclose(grad(np.linalg.det)(a), cofactors(a), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinants_second_derivative_at_any_rank(name: str) -> None:
    weights = np.arange(9.0).reshape(3, 3)
    assert gradcheck(lambda a: np.sum(grad(np.linalg.det)(a) * weights), SINGULAR[name])


def test_the_determinant_of_a_stack_with_singular_matrices() -> None:
    stack = np.stack(list(SINGULAR.values()))
    gradient = grad(lambda a: np.sum(np.linalg.det(a)))(stack)
    np.testing.assert_allclose(gradient, [cofactors(a) for a in stack], rtol=0, atol=1e-14)


def test_the_determinant_of_a_singular_complex_matrix() -> None:
    rows = np.array([[1.0 + 2j, 0.5 - 1j, 2.0], [0.3j, 1.0, -1j]])
    a = np.vstack([rows, [1j, -2.0] @ rows])
    gradient = grad(lambda a: np.sum(np.real(np.linalg.det(a))))(np.stack([a, np.zeros((3, 3))]))
    np.testing.assert_allclose(gradient, [cofactors(a), np.zeros((3, 3))], rtol=0, atol=1e-14)


def test_a_determinant_too_small_for_its_dtype_has_the_gradient_zero() -> None:
    np.testing.assert_array_equal(grad(np.linalg.det)(np.eye(3) * 1e-200), np.zeros((3, 3)))


def test_slogdet_of_a_singular_matrix_raises_only_if_its_gradient_is_asked_for() -> None:
    stack = np.stack([np.eye(2) * 2, np.ones((2, 2))])

    def sum_of_finite(a: Any) -> Any:
        logarithms = np.linalg.slogdet(a).logabsdet
        return np.sum(np.where(np.isfinite(stop_gradient(logarithms)), logarithms, 0))

    np.testing.assert_array_equal(grad(sum_of_finite)(stack), [np.eye(2) / 2, np.zeros((2, 2))])
    with (
        np.errstate(all="ignore"),  # for the infinite value
        pytest.raises(np.linalg.LinAlgError, match=r"slogdet of a singular .*use np\.linalg\.det"),
    ):
        grad(lambda a: np.linalg.slogdet(a)[1])(np.ones((2, 2)))


def test_the_sign_of_a_real_determinant_is_a_constant() -> None:
    gradient = grad(lambda a: np.linalg.slogdet(a).sign)(-np.eye(3))
    np.testing.assert_array_equal(gradient, np.zeros((3, 3)))


# Repeated values


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_eigenvalues_of_the_identity(triangle: Any) -> None:
    gradient = grad(lambda a: np.sum(np.linalg.eigvalsh(a, triangle) ** 3))(2 * np.eye(3))
    np.testing.assert_allclose(gradient, 12 * np.eye(3), rtol=1e-15, atol=0)


def test_functions_of_repeated_eigenvalues_agree_with_differences() -> None:
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4))).Q
    a = q @ np.diag([1.0, 1.0, 1.0, 3.0]) @ q.T
    assert gradcheck(lambda a: np.sum(np.linalg.eigvalsh((a + a.T) / 2) ** 3), a)
    assert gradcheck(lambda a: np.sum(np.linalg.svdvals(a) ** 3), a)
    assert gradcheck(lambda a: np.sum(np.linalg.eigvals((a + a.T) / 2) ** 3), a)


@pytest.mark.parametrize("vectors", [lambda a: np.linalg.eigh(a)[1], lambda a: np.linalg.svd(a)[0]])
def test_a_projection_on_the_vectors_of_a_repeated_value(vectors: Any) -> None:
    q = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4))).Q
    a = q @ np.diag([2.0, 2.0, 5.0, 5.0]) @ q.T
    weights = np.arange(16.0).reshape(4, 4)

    def projection(a: Any) -> Any:
        v = vectors((a + a.T) / 2)[:, :2]
        return np.sum(v @ v.T * weights)

    assert gradcheck(projection, a)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("fro", np.eye(3) / 3**0.5), ("nuc", np.eye(3)), (2, np.eye(3) / 3), (-2, np.eye(3) / 3)],
)
def test_norms_of_the_identity(order: Any, expected: Any) -> None:
    gradient = grad(lambda a: np.linalg.norm(a, order))(np.eye(3))
    np.testing.assert_allclose(gradient, expected, rtol=1e-15, atol=1e-16)


def test_the_condition_number_of_the_identity_is_the_smallest() -> None:
    np.testing.assert_array_equal(grad(np.linalg.cond)(np.eye(2)), np.zeros((2, 2)))


# The origin


@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_a_matrix_norm_has_slope_zero_at_the_origin(order: Any) -> None:
    gradient = grad(lambda a: np.linalg.norm(a, order))(np.zeros((3, 2)))
    np.testing.assert_array_equal(gradient, np.zeros((3, 2)))


@pytest.mark.parametrize("order", [None, 0, 0.5, 1, 1.5, 2, 3, np.inf, -np.inf])
def test_a_vector_norm_has_slope_zero_at_the_origin(order: Any) -> None:
    gradient = grad(lambda x: np.linalg.norm(x, order))(np.zeros(3))
    np.testing.assert_array_equal(gradient, np.zeros(3))


@pytest.mark.parametrize("order", [0.5, 1, 1.5, 2, 3])
def test_a_vector_norm_has_slope_zero_by_an_entry_that_is_zero(order: Any) -> None:
    x = np.array([1.0, 0.0, -2.0])
    gradient = grad(lambda x: np.linalg.norm(x, order))(x)
    assert gradient[1] == 0
    alone = grad(lambda x: np.linalg.norm(x, order))(x[[0, 2]])
    np.testing.assert_allclose(gradient[[0, 2]], alone, rtol=1e-15)


def test_a_singular_value_that_is_zero_but_for_rounding_has_slope_zero() -> None:
    a = np.outer([1.0, 2.0, 3.0], [0.1, 0.7])  # of rank 1
    gradient = grad(lambda a: np.linalg.norm(a, "nuc"))(a)
    np.testing.assert_allclose(gradient, a / np.linalg.norm(a), rtol=1e-14)


def test_entries_that_tie_for_a_norm_share_its_gradient() -> None:
    gradient = grad(lambda x: np.linalg.norm(x, np.inf))(np.array([2.0, -2.0, 1.0]))
    np.testing.assert_array_equal(gradient, [0.5, -0.5, 0.0])
    gradient = grad(lambda a: np.linalg.norm(a, 1))(np.array([[1.0, -3.0], [2.0, 0.0]]))
    np.testing.assert_array_equal(gradient, [[0.5, -0.5], [0.5, 0.0]])


def test_the_norm_of_a_number() -> None:
    assert grad(np.linalg.norm)(-3.0) == -1.0


# Triangles: the gradient is in what was read


@pytest.mark.parametrize(
    ("function", "upper"),
    [
        (lambda a: np.linalg.cholesky(a), False),
        (lambda a: np.linalg.cholesky(a, upper=True), True),
        (lambda a: np.linalg.eigvalsh(a), False),
        (lambda a: np.linalg.eigvalsh(a, "U"), True),
        (lambda a: np.linalg.pinv(a, hermitian=True), False),
        (lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True), False),
    ],
)
def test_the_gradient_is_in_the_triangle_that_was_read(function: Any, upper: bool) -> None:
    a = np.array([[4.0, 1.0, 0.5], [-0.3, 3.0, 0.2], [0.7, 0.1, 5.0]])  # not symmetric
    gradient = grad(lambda a: np.sum(function(a) ** 3))(a)
    unread = np.tril(gradient, -1) if upper else np.triu(gradient, 1)
    read = np.triu(gradient, 1) if upper else np.tril(gradient, -1)
    assert not unread.any()
    assert np.count_nonzero(read) == 3
    assert gradcheck(function, a)


# Choices of vectors


def random_matrix(rows: int, columns: int) -> Any:
    return np.random.default_rng(3).standard_normal((rows, columns, 2)) @ [1, 1j]


@pytest.mark.parametrize(
    "vectors",
    [
        lambda a: np.linalg.eigh(a)[1],
        lambda a: np.linalg.eig(a)[1],
        lambda a: np.linalg.svd(a)[0],
        lambda a: np.linalg.svd(a)[2],
    ],
)
def test_a_result_that_depends_on_the_phase_of_vectors_raises(vectors: Any) -> None:
    a = random_matrix(3, 3)
    with pytest.raises(ValueError, match=r"the phases that np\.linalg\.\w+ chose"):
        grad(lambda a: np.sum(np.real(vectors(a))))(a)


def test_turning_both_singular_vectors_alike_changes_nothing() -> None:
    def product(a: Any) -> Any:
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        return np.sum(np.real(u @ vh))

    a = random_matrix(3, 2)
    assert np.iscomplexobj(grad(product)(a))


@pytest.mark.parametrize(
    "basis",
    [
        lambda a: np.linalg.svd(a).U,
        lambda a: np.linalg.svd(a.T)[2].T,
        lambda a: np.linalg.qr(a, "complete").Q,
    ],
)
def test_a_result_that_depends_on_the_basis_of_the_complement_raises(basis: Any) -> None:
    a = random_matrix(5, 2).real.copy()
    with pytest.raises(ValueError, match=r"the basis that np\.linalg\.\S+ chose"):
        grad(lambda a: basis(a)[0, 4])(a)
    assert gradcheck(lambda a: basis(a)[:, :2], a)  # the others are no matter of choice
    assert gradcheck(lambda a: basis(a[:3])[0, 2], a)  # nor is a single vector, but for its sign


# Where there is no derivative


def test_qr_of_dependent_columns_raises() -> None:
    dependent = np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
    with pytest.raises(np.linalg.LinAlgError, match="the first 2 columns are linearly independent"):
        grad(lambda a: np.sum(np.linalg.qr(a).R))(dependent)


@pytest.mark.parametrize("mode", ["raw", "economic"])
def test_qr_in_lapacks_own_form_is_refused(mode: Any) -> None:
    with pytest.raises(TypeError, match=f"'reduced', 'complete' and 'r', not '{mode}'"):
        grad(lambda a: np.sum(np.linalg.qr(a, mode)[0]))(np.eye(2))


def test_lstsq_of_a_matrix_that_lacks_rank_raises() -> None:
    a, b = np.ones((3, 2)), np.arange(3.0)
    with pytest.raises(np.linalg.LinAlgError, match=r"has rank 1.*ridge"):
        grad(lambda a: np.sum(np.linalg.lstsq(a, b)[0]))(a)
    with pytest.raises(np.linalg.LinAlgError, match=r"has rank 1.*ridge"):
        grad(lambda b: np.sum(np.linalg.lstsq(a, b)[0]))(b)


def test_lstsq_gives_numpys_other_results() -> None:
    seen: list[Any] = []

    def solution(a: Any) -> Any:
        seen.append(np.linalg.lstsq(a, np.arange(2.0)))
        return np.sum(seen[0][0])

    grad(solution)(np.eye(2))
    _, residuals, rank, s = seen[0]
    assert residuals.shape == (0,)
    assert type(rank) is type(np.linalg.lstsq(np.eye(2), np.arange(2.0))[2])
    assert rank == 2
    np.testing.assert_array_equal(stop_gradient(s), [1, 1])


def test_pinv_keeps_the_rank_that_its_tolerance_gives() -> None:
    """Of a matrix of rank 1, against differences along matrices of rank 1."""

    def small(u: Any, v: Any) -> Any:
        return np.linalg.pinv(u[:, None] * v, rcond=1e-8)

    assert gradcheck(small, np.array([1.0, 2.0, -1.0]), np.array([0.5, 3.0]), argnum=(0, 1))


@pytest.mark.parametrize("order", [None, 1, "fro"])
def test_cond_of_a_singular_matrix_raises_only_if_its_gradient_is_asked_for(order: Any) -> None:
    stack = np.stack([np.diag([2.0, 1.0]), np.zeros((2, 2))])

    def sum_of_finite(a: Any) -> Any:
        numbers = np.linalg.cond(a, order)
        return np.sum(np.where(np.isfinite(stop_gradient(numbers)), numbers, 0))

    value, gradient = value_and_grad(sum_of_finite)(stack)
    assert value == np.linalg.cond(stack[0], order)
    assert gradient[0].any()
    assert not gradient[1].any()
    with (
        np.errstate(all="ignore"),  # for the infinite value
        pytest.raises(np.linalg.LinAlgError, match="cond of a singular matrix is infinite"),
    ):
        grad(lambda a: np.linalg.cond(a, order))(np.zeros((2, 2)))


def test_the_rank_is_a_constant() -> None:
    gradient = grad(lambda a: np.sum(a) * np.linalg.matrix_rank(a))(np.eye(2))
    np.testing.assert_array_equal(gradient, np.full((2, 2), 2.0))


def test_eigenvalues_of_a_real_matrix_may_be_complex() -> None:
    turn = np.array([[0.0, -2.0], [2.0, 0.0]])
    gradient = grad(lambda a: np.sum(np.imag(np.linalg.eigvals(a)) ** 2))(turn)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, [[0, -4], [4, 0]], atol=1e-15)


# As NumPy


@pytest.mark.parametrize(
    "function",
    [
        np.linalg.slogdet,
        np.linalg.eigh,
        np.linalg.eig,
        np.linalg.svd,
        lambda a: np.linalg.svd(a, hermitian=True),
        np.linalg.qr,
        lambda a: np.linalg.qr(a, "complete"),
    ],
)
def test_several_results_come_in_numpys_named_tuple(function: Any) -> None:
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    expected = function(a)
    seen: list[Any] = []
    grad(lambda a: seen.append(function(a)) or np.sum(a))(a)
    assert type(seen[0]) is type(expected)
    for mine, numpys in zip(seen[0], expected, strict=True):
        np.testing.assert_array_equal(mine.value, numpys)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda x: np.linalg.norm(x, 5), ValueError, "order 5 for matrices"),
        (lambda x: np.linalg.norm(x, "fro", axis=0), ValueError, "order 'fro' for vectors"),
        (lambda x: np.linalg.norm(x[None], 2), ValueError, "not over 3 axes"),
        (lambda x: np.linalg.norm(x, axis=(0, 0)), ValueError, "repeated axis"),
        (lambda x: np.linalg.norm(x, 2, axis=(0, 5)), np.exceptions.AxisError, "axis 5"),
        (lambda x: np.linalg.matrix_power(x, 1.5), TypeError, "integer"),
        (lambda x: np.linalg.matrix_power(x[:1], 2), np.linalg.LinAlgError, "square"),
        (lambda x: np.linalg.tensorsolve(x[:1], x[0, :1]), np.linalg.LinAlgError, "unknowns"),
        (lambda x: np.linalg.tensorinv(x, 0), ValueError, "positive ind"),
        (lambda x: np.linalg.matrix_transpose(x[0]), ValueError, "two axes"),
        (lambda x: np.linalg.outer(x, x), ValueError, "vectors"),
        (lambda x: np.linalg.cross(x, x), ValueError, "3 entries"),
        (lambda x: np.linalg.inv(x[:1]), np.linalg.LinAlgError, "square"),
    ],
)
def test_what_numpy_refuses_is_refused(function: Any, error: Any, message: str) -> None:
    with pytest.raises(error):
        function(np.eye(2))
    with pytest.raises(error, match=message):
        grad(lambda x: np.sum(function(x)))(np.eye(2))


def test_constant_arguments_may_be_lists() -> None:
    a, b = [[2.0, 1.0], [0.0, 4.0], [1.0, 1.0]], [1.0, 2.0, 3.0]
    assert gradcheck(lambda x: np.linalg.solve(a[:2], x), np.ones(2))
    assert gradcheck(lambda x: np.linalg.solve(x, b[:2]), np.eye(2))
    assert gradcheck(lambda x: np.linalg.lstsq(a, x)[0], np.array(b))
    assert gradcheck(lambda x: np.linalg.lstsq(x, b)[0], np.array(a))
    assert gradcheck(lambda x: np.linalg.multi_dot([x, a, b[:2]]), np.ones(3))


def test_shapes_that_do_not_fit_raise_in_multi_dot() -> None:
    with pytest.raises(ValueError, match="not aligned"):
        grad(lambda x: np.sum(np.linalg.multi_dot([x, x, x])))(np.ones((2, 3)))
