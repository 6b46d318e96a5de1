// JavaScript/TypeScript example
const token = localStorage.getItem('jwt_token');
const ws = new WebSocket(`ws://localhost:8000/ws?token=${token}`);

ws.onopen = () => {
  console.log('Connected to Netra WebSocket');
  
  // Send optimization request
  ws.send(JSON.stringify({
    type: 'optimization_request',
    data: {
      message: 'Optimize my workload',
      parameters: { priority: 'cost' }
    }
  }));
};

ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  
  switch(message.type) {
    case 'agent_update':
      console.log(`Agent ${message.data.agent}: ${message.data.message}`);
      break;
    case 'agent_result':
      console.log('Optimization complete:', message.data.result);
      break;
    case 'error':
      console.error('Error:', message.data.message);
      break;
  }
};

ws.onerror = (error) => {
  console.error('WebSocket error:', error);
};

ws.onclose = (event) => {
  console.log(`Connection closed: ${event.code} - ${event.reason}`);
};
