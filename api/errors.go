package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"ringleader/graph"
)

// statusOf maps an error to an HTTP status. It is the only such map.
func statusOf(err error) int {
	switch {
	case errors.Is(err, graph.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, graph.ErrInvalid):
		return http.StatusUnprocessableEntity
	case errors.Is(err, graph.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, graph.ErrUnavailable):
		return http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// problem makes an error of the model an answer in problem+json. What the
// server did wrong, or where its store is, stays in the server.
func problem(err error) error {
	status := statusOf(err)
	return huma.NewError(status, publicText(status, err))
}

func publicText(status int, err error) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "the store cannot be reached; try again, and see the server's log"
	case http.StatusGatewayTimeout:
		return "the answer took too long; ask for less"
	case http.StatusInternalServerError:
		return "the server failed; see its log"
	}
	return err.Error()
}

// writeProblem answers outside of the typed operations.
func writeProblem(g *gin.Context, status int, detail string) {
	body, err := json.Marshal(huma.NewError(status, detail))
	if err != nil {
		g.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	g.Abort()
	g.Data(status, "application/problem+json", body)
}
